import { Args, Flags } from '@oclif/core'
import { BaseCommand } from '../../cli/base-command.ts'
import { flagsOf } from '../../cli/flags.ts'
import { gatewayOnly } from '../../cli/rag/rag-flags.ts'

export default class DocsAdd extends BaseCommand {
  static override summary = 'Add documents to answer from; a file that has not changed costs nothing'
  static override description =
    'Of folders all texts are taken (.md, .txt, .html, .json and the like). A document is known by its path: adding it again replaces it.'
  static override examples = [
    '<%= config.bin %> docs add README.md docs/',
    'curl -s https://example.com/guide.txt | <%= config.bin %> docs add - --id guide',
  ]
  static override strict = false
  static override args = {
    file: Args.string({
      description: 'FILE or folder, or - for stdin; several may be given',
      required: true,
    }),
  }
  static override flags = {
    ...flagsOf(gatewayOnly),
    id: Flags.string({ description: 'What to call the document, where there is one only' }),
  }

  override async run(): Promise<unknown> {
    const { argv, flags } = await this.parse(DocsAdd)
    const { runAdd } = await import('../../cli/rag/run-add.ts')
    const added = await runAdd(argv as string[], flags)
    if (!this.jsonEnabled()) {
      const { addedText } = await import('../../cli/rag/document-tables.ts')
      this.log(addedText(added))
    }
    if (added.failed.length > 0) process.exitCode = 1
    return added
  }
}
