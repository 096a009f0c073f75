import { z } from 'zod'
import type { Provider } from '../../src/runtime/llm/provider.ts'
import { createProviders, type Providers } from '../../src/runtime/llm/providers.ts'
import { llmProviderSettings } from '../../src/runtime/llm/settings.ts'
import { KEY, type LlmUpstream, startAnthropicUpstream, startOpenAiUpstream } from './llm-upstreams.ts'
import { silent } from './redis.ts'

const schema = z.object(llmProviderSettings)

/** Providers with these settings and the defaults for all others. */
export function providersWith(settings: z.input<typeof schema>): Providers {
  return createProviders(schema.parse({ mockLatency: 0, ...settings }), { log: silent })
}

/** Providers in front of local servers that speak like the real ones. */
export interface LocalProviders {
  providers: Providers
  openai: LlmUpstream
  anthropic: LlmUpstream
  get(name: string): Provider
  close(): Promise<void>
}

export async function startLocalProviders(settings: z.input<typeof schema> = {}): Promise<LocalProviders> {
  const openai = await startOpenAiUpstream()
  const anthropic = await startAnthropicUpstream()
  const providers = providersWith({
    openaiApiKey: KEY,
    openaiUrl: openai.url,
    anthropicApiKey: KEY,
    anthropicUrl: anthropic.url,
    ollamaUrl: openai.url.replace('/v1', ''),
    ...settings,
  })
  return {
    providers,
    openai,
    anthropic,
    get(name) {
      const provider = providers.configured.get(name)
      if (!provider) throw new Error(`${name} is not configured`)
      return provider
    },
    async close() {
      await providers.close()
      await openai.close()
      await anthropic.close()
    },
  }
}

/** Reads a stream to its end. */
export async function collect<T>(
  pieces: AsyncGenerator<string, T>,
): Promise<{ pieces: string[]; result: T }> {
  const seen: string[] = []
  for (;;) {
    const step = await pieces.next()
    if (step.done) return { pieces: seen, result: step.value }
    seen.push(step.value)
  }
}

/** What a promise is rejected with. */
export async function failureOf(work: PromiseLike<unknown>): Promise<unknown> {
  return work.then(
    () => {
      throw new Error('it did not fail')
    },
    (error: unknown) => error,
  )
}
