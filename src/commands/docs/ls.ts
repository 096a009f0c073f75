import { BaseCommand } from '../../cli/base-command.ts'
import { flagsOf } from '../../cli/flags.ts'
import { gatewayOnly } from '../../cli/rag/rag-flags.ts'
import { outputFlag } from '../../cli/streams/stream-flags.ts'

export default class DocsLs extends BaseCommand {
  static override summary = 'List the documents that answers are taken from'
  static override examples = ['<%= config.bin %> docs ls', '<%= config.bin %> docs ls -o name']
  static override flags = { ...flagsOf(gatewayOnly), output: outputFlag }

  override async run(): Promise<unknown> {
    const { flags } = await this.parse(DocsLs)
    const { listDocuments } = await import('../../cli/rag/list-documents.ts')
    const { withGateway } = await import('../../cli/rag/with-gateway.ts')
    const documents = await withGateway(flags, listDocuments)
    if (!this.jsonEnabled()) {
      const { renderList } = await import('../../cli/list.ts')
      const { documentColumns } = await import('../../cli/rag/document-tables.ts')
      this.log(renderList(documents, documentColumns, flags.output, ({ id }) => id))
    }
    return documents
  }
}
