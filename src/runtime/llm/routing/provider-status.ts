import { z } from 'zod'
import type { Providers } from '../providers.ts'
import type { ProviderLine } from './provider-line.ts'

/** One provider, for `GET /providers`. */
export const providerStatus = z.object({
  name: z.string(),
  label: z.string(),
  /** `limited` after it has asked for a pause, `open` and `half-open` while its circuit breaker holds requests back. */
  state: z.enum(['ready', 'limited', 'open', 'half-open', 'unconfigured']),
  default: z.boolean(),
  /** Place in the fallback chain, from 1. */
  fallback: z.int().optional(),
  default_model: z.string().optional(),
  /** Milliseconds until it is asked again. */
  retry_in_ms: z.int().optional(),
  /** What has to be set to use it. */
  needs: z.string().optional(),
})

export type ProviderStatus = z.output<typeof providerStatus>

export function statusOf(providers: Providers, lines: ReadonlyMap<string, ProviderLine>): ProviderStatus[] {
  const configured = [...lines.values()].map((line) => ({
    name: line.provider.name,
    label: line.provider.label,
    ...stateOf(line),
    default: line.provider.name === providers.default,
    ...placeOf(providers.fallback, line.provider.name),
    default_model: line.provider.defaultModel,
  }))
  const others = providers.unconfigured.map(({ name, label, needs }) => ({
    name,
    label,
    state: 'unconfigured' as const,
    default: false,
    needs,
  }))
  return [...configured, ...others]
}

function stateOf({
  breaker,
  openFor,
  limitedFor,
}: ProviderLine): Pick<ProviderStatus, 'state' | 'retry_in_ms'> {
  if (breaker !== 'closed') return { state: breaker, retry_in_ms: Math.ceil(openFor) }
  return limitedFor > 0 ? { state: 'limited', retry_in_ms: Math.ceil(limitedFor) } : { state: 'ready' }
}

function placeOf(fallback: readonly string[], name: string): { fallback?: number } {
  const index = fallback.indexOf(name)
  return index < 0 ? {} : { fallback: index + 1 }
}
