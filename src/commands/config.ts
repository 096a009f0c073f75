import { BaseCommand } from '../cli/base-command.ts'

export default class Config extends BaseCommand {
  static override summary = 'Print every setting with its value and where it came from'
  static override examples = ['<%= config.bin %> config', '<%= config.bin %> config --json']

  override async run(): Promise<unknown> {
    await this.parse(Config)
    const { describeSettings, renderSettings } = await import('../cli/describe-settings.ts')
    const rows = describeSettings()
    if (!this.jsonEnabled()) this.log(renderSettings(rows))
    return rows
  }
}
