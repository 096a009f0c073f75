import { BaseCommand } from '../cli/base-command.ts'
import { contextOnly } from '../cli/contexts/context-flags.ts'
import { flagsOf } from '../cli/flags.ts'

export default class Config extends BaseCommand {
  static override summary = 'Print every setting with its value and where it came from'
  static override examples = ['<%= config.bin %> config', '<%= config.bin %> config --json']

  static override flags = flagsOf(contextOnly)

  override async run(): Promise<unknown> {
    const { flags } = await this.parse(Config)
    const { describeSettings, renderSettings } = await import('../cli/describe-settings.ts')
    const rows = describeSettings(flags)
    if (!this.jsonEnabled()) this.log(renderSettings(rows))
    return rows
  }
}
