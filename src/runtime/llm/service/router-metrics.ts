import type { Metrics } from '../../platform/metrics/index.ts'
import type { Providers } from '../providers.ts'
import type { RouterHooks } from '../routing/provider-line.ts'

const STATES = { closed: 0, 'half-open': 1, open: 2 } as const

/** Counts what the router does with each provider. */
export function routerHooks(metrics: Metrics, { configured }: Providers): RouterHooks {
  const attempts = metrics.counter('llm_attempts_total', 'Calls of providers, by result', [
    'provider',
    'result',
  ])
  const seconds = metrics.histogram('llm_attempt_seconds', 'Time of a call of a provider', ['provider'])
  const retries = metrics.counter('llm_retries_total', 'Calls made once more', ['provider'])
  const states = new Map([...configured.keys()].map((name) => [name, 0]))
  metrics.gauges(
    'llm_breaker_state',
    'Circuit breaker of a provider: 0 closed, 1 half-open, 2 open',
    ['provider'],
    async () => [...states].map(([provider, state]) => [{ provider }, state] as const),
  )
  return {
    attempt(provider, result, ms) {
      attempts.inc({ provider, result })
      seconds.observe({ provider }, ms / 1_000)
    },
    retried: (provider) => retries.inc({ provider }),
    breaker: (provider, state) => void states.set(provider, STATES[state]),
  }
}
