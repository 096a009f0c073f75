import { BaseCommand } from '../../cli/base-command.ts'
import { contextArg } from '../../cli/contexts/context-flags.ts'

export default class ContextUse extends BaseCommand {
  static override summary = 'Have commands go to another system from now on'
  static override description =
    'Commands that look at a system or act on one take its addresses from the context. Flags and environment variables come ' +
    'before it; `--context` uses another one once. Roles, `serve`, `ps`, `logs`, `scale`, `restart` and `down` are about ' +
    'what runs here, whatever the context.'
  static override examples = ['<%= config.bin %> context use staging', '<%= config.bin %> context use local']
  static override args = { name: contextArg }

  override async run(): Promise<unknown> {
    const { args } = await this.parse(ContextUse)
    const { switchContext } = await import('../../cli/contexts/change-contexts.ts')
    return switchContext(args.name, (text) => this.say(text))
  }
}
