import type { Logger } from '../kernel/index.ts'
import { llmError } from './errors.ts'
import type { Provider } from './provider.ts'
import { anthropic } from './providers/anthropic.ts'
import type { Fetch, ProviderKind, ProviderTools } from './providers/kind.ts'
import { mock } from './providers/mock.ts'
import { ollama } from './providers/ollama.ts'
import { openai } from './providers/openai.ts'
import type { LlmProviderSettings } from './settings.ts'

/** In the order in which one becomes the default. */
const KINDS: readonly ProviderKind[] = [openai, anthropic, ollama, mock]

export interface Providers {
  readonly configured: ReadonlyMap<string, Provider>
  readonly unconfigured: readonly Pick<ProviderKind, 'name' | 'label' | 'needs'>[]
  /** Of requests that name none. */
  readonly default: string
  /** Asked in this order when one cannot answer. */
  readonly fallback: readonly string[]
  close(): Promise<void>
}

/**
 * All providers the settings allow. Nothing is connected or loaded yet.
 * @throws AgentctlError LLM_PROVIDER_UNKNOWN, LLM_PROVIDER_UNCONFIGURED for the names in `provider` and `fallback`
 */
export function createProviders(settings: LlmProviderSettings, { log }: { log: Logger }): Providers {
  const connections = createConnections()
  const tools: ProviderTools = { log, fetch: connections.fetch }
  const made = KINDS.map((kind) => [kind, kind.make(settings, tools)] as const)
  const configured = new Map(made.flatMap(([{ name }, provider]) => (provider ? [[name, provider]] : [])))
  const unconfigured = made
    .filter(([, provider]) => !provider)
    .map(([{ name, label, needs }]) => ({ name, label, needs }))
  const providers = { configured, unconfigured }
  const first = configured.keys().next().value ?? mock.name
  return {
    ...providers,
    default: findProvider(providers, settings.provider ?? first, 'provider').name,
    fallback: (settings.fallback ?? []).map((name) => findProvider(providers, name, 'fallback').name),
    close: connections.close,
  }
}

/**
 * A provider by its name, in any case.
 * @param field what the name was given in
 * @throws AgentctlError LLM_PROVIDER_UNKNOWN, LLM_PROVIDER_UNCONFIGURED
 */
export function findProvider(
  { configured, unconfigured }: Pick<Providers, 'configured' | 'unconfigured'>,
  name: string,
  field: string,
): Provider {
  const wanted = name.trim().toLowerCase()
  const provider = configured.get(wanted)
  if (provider) return provider
  const lacking = unconfigured.find((kind) => kind.name === wanted)
  if (lacking) {
    throw llmError(
      'LLM_PROVIDER_UNCONFIGURED',
      `${lacking.label} is not configured: it needs ${lacking.needs}`,
      {
        field,
      },
    )
  }
  const known = [...configured.keys()].join(', ')
  throw llmError('LLM_PROVIDER_UNKNOWN', `"${name}" is none of ${known}`, { field })
}

/** Connections are shared by all providers, and made when the first of them needs one. */
function createConnections(): { fetch(): Promise<Fetch>; close(): Promise<void> } {
  let pool: Promise<{ fetch: Fetch; close(): Promise<void> }> | undefined
  const open = async () => (await import('../platform/http/index.ts')).createPooledFetch()
  return {
    async fetch() {
      pool ??= open()
      return (await pool).fetch
    },
    async close() {
      await (await pool)?.close()
    },
  }
}
