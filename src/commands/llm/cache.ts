import { Args } from '@oclif/core'
import { BaseCommand } from '../../cli/base-command.ts'
import { flagsOf } from '../../cli/flags.ts'
import { llmClient } from '../../cli/llm/llm-flags.ts'
import { changeFlags } from '../../cli/streams/stream-flags.ts'

export default class LlmCache extends BaseCommand {
  static override summary = 'Show whether the cache of the LLM service is reached, or clear it'
  static override examples = ['<%= config.bin %> llm cache health', '<%= config.bin %> llm cache clear --yes']
  static override args = {
    action: Args.string({ description: 'What to do', required: true, options: ['health', 'clear'] }),
  }
  static override flags = { ...flagsOf(llmClient), ...changeFlags }

  override async run(): Promise<unknown> {
    const { args, flags } = await this.parse(LlmCache)
    const { withService } = await import('../../cli/llm/with-service.ts')
    return withService(flags, async (client, url) => {
      if (args.action === 'clear') {
        const { clearingCache } = await import('../../cli/changes/clear-cache.ts')
        const { runChange } = await import('../../cli/run-change.ts')
        const output = { print: (line: string) => this.log(line), say: (line: string) => this.say(line) }
        return runChange(clearingCache(client, url), flags, output)
      }
      const health = await client.cacheHealth()
      const { renderCacheHealth } = await import('../../cli/llm/cache-health.ts')
      if (!this.jsonEnabled()) this.log(renderCacheHealth(health, url))
      return health
    })
  }
}
