import { BaseCommand } from '../../cli/base-command.ts'
import { outputFlag } from '../../cli/streams/stream-flags.ts'

export default class ContextLs extends BaseCommand {
  static override summary = 'List the contexts, and which one is in use'
  static override examples = ['<%= config.bin %> context ls', '<%= config.bin %> context ls -o wide']
  static override flags = { output: outputFlag }

  override async run(): Promise<unknown> {
    const { flags } = await this.parse(ContextLs)
    const { readContexts } = await import('../../runtime/contexts/index.ts')
    const { contextColumns, contextRows } = await import('../../cli/contexts/context-text.ts')
    const { renderList } = await import('../../cli/list.ts')
    const rows = contextRows(readContexts())
    if (!this.jsonEnabled()) this.log(renderList(rows, contextColumns, flags.output, (row) => row.name))
    return rows
  }
}
