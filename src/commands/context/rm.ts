import { BaseCommand } from '../../cli/base-command.ts'
import { contextArg } from '../../cli/contexts/context-flags.ts'

export default class ContextRm extends BaseCommand {
  static override summary = 'Forget a context'
  static override examples = ['<%= config.bin %> context rm staging']
  static override args = { name: contextArg }

  override async run(): Promise<unknown> {
    const { args } = await this.parse(ContextRm)
    const { removeContext } = await import('../../cli/contexts/change-contexts.ts')
    return removeContext(args.name, (text) => this.say(text))
  }
}
