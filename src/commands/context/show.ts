import { Args } from '@oclif/core'
import { BaseCommand } from '../../cli/base-command.ts'

export default class ContextShow extends BaseCommand {
  static override summary = 'Show what a context holds, with its secrets masked'
  static override examples = ['<%= config.bin %> context show', '<%= config.bin %> context show staging']
  static override args = {
    name: Args.string({ description: 'Name of the context; the one in use when left out' }),
  }

  override async run(): Promise<unknown> {
    const { args } = await this.parse(ContextShow)
    const { showContext } = await import('../../cli/contexts/change-contexts.ts')
    const { renderContext } = await import('../../cli/contexts/context-text.ts')
    const row = showContext(args.name)
    if (!this.jsonEnabled()) this.log(renderContext(row))
    return row
  }
}
