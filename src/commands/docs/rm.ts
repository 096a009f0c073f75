import { Args } from '@oclif/core'
import { BaseCommand } from '../../cli/base-command.ts'
import { flagsOf } from '../../cli/flags.ts'
import { gatewayOnly } from '../../cli/rag/rag-flags.ts'
import { changeFlags } from '../../cli/streams/stream-flags.ts'

export default class DocsRm extends BaseCommand {
  static override summary = 'Remove documents: answers are no longer taken from them'
  static override examples = [
    '<%= config.bin %> docs rm README.md',
    '<%= config.bin %> docs rm old/guide.md old/faq.md --yes',
  ]
  static override strict = false
  static override args = {
    id: Args.string({ description: 'ID of a document; several may be given', required: true }),
  }
  static override flags = { ...flagsOf(gatewayOnly), ...changeFlags }

  override async run(): Promise<unknown> {
    const { argv, flags } = await this.parse(DocsRm)
    const { removingDocuments } = await import('../../cli/rag/remove-documents.ts')
    const { runChange } = await import('../../cli/run-change.ts')
    const { withGateway } = await import('../../cli/rag/with-gateway.ts')
    return withGateway(flags, (client) =>
      runChange(removingDocuments(client, argv as string[]), flags, {
        print: (line) => this.log(line),
        say: (line) => this.say(line),
      }),
    )
  }
}
