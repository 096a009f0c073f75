import { BaseCommand } from '../../cli/base-command.ts'
import { flagsOf } from '../../cli/flags.ts'
import { llmClient } from '../../cli/llm/llm-flags.ts'

export default class LlmProviders extends BaseCommand {
  static override summary = 'List the providers of the LLM service with their state'
  static override examples = ['<%= config.bin %> llm providers', '<%= config.bin %> llm providers --json']
  static override flags = flagsOf(llmClient)

  override async run(): Promise<unknown> {
    const { flags } = await this.parse(LlmProviders)
    const { withService } = await import('../../cli/llm/with-service.ts')
    const providers = await withService(flags, (client) => client.providers())
    if (!this.jsonEnabled()) {
      const { renderProviders } = await import('../../cli/llm/provider-table.ts')
      this.log(renderProviders(providers))
    }
    return providers
  }
}
