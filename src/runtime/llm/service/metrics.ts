import type { Metrics } from '../../platform/metrics/index.ts'
import type { Completion } from '../provider.ts'

export type RequestOutcome = 'ok' | 'cached' | 'refused' | 'failed' | 'timeout' | 'cancelled'
export type CacheResult = 'hit' | 'miss' | 'shared' | 'bypass'

/** What the service counts. Providers are few; models come from requests, so only some get a label of their own. */
export interface LlmMetrics {
  cache(result: CacheResult): void
  /** @param ms from the arrival of the request to the end of its answer */
  request(provider: string, outcome: RequestOutcome, ms: number): void
  firstToken(provider: string, ms: number): void
  usage(provider: string, completion: Completion, dollars: number | undefined): void
  fallback(from: string, to: string): void
}

/** Models with a label of their own. */
const MOST_MODELS = 50

export function createLlmMetrics(metrics: Metrics): LlmMetrics {
  const requests = metrics.counter('llm_requests_total', 'Requests by how they ended', [
    'provider',
    'outcome',
  ])
  const seconds = metrics.histogram('llm_request_seconds', 'Time to the end of an answer', ['provider'])
  const first = metrics.histogram('llm_first_token_seconds', 'Time to the first piece of a stream', [
    'provider',
  ])
  const tokens = metrics.counter('llm_tokens_total', 'Tokens that providers have counted', [
    'provider',
    'model',
    'direction',
  ])
  const cost = metrics.counter('llm_cost_dollars_total', 'Estimated cost, of models with a known price', [
    'provider',
    'model',
  ])
  const cache = metrics.counter('llm_cache_total', 'Look-ups in the cache of answers', ['result'])
  const fallbacks = metrics.counter('llm_fallbacks_total', 'Answers of another provider than the one asked', [
    'from',
    'to',
  ])
  const labelOf = boundedLabels(MOST_MODELS)

  return {
    cache: (result) => cache.inc({ result }),
    request(provider, outcome, ms) {
      requests.inc({ provider, outcome })
      if (outcome === 'ok' || outcome === 'cached') seconds.observe({ provider }, ms / 1_000)
    },
    firstToken: (provider, ms) => first.observe({ provider }, ms / 1_000),
    usage(provider, { model: name, inputTokens, outputTokens }, dollars) {
      const model = labelOf(name)
      tokens.inc({ provider, model, direction: 'input' }, inputTokens)
      tokens.inc({ provider, model, direction: 'output' }, outputTokens)
      if (dollars !== undefined && dollars > 0) cost.inc({ provider, model }, dollars)
    },
    fallback: (from, to) => fallbacks.inc({ from, to }),
  }
}

/** The first `most` names keep theirs, all later ones are `other`. */
function boundedLabels(most: number): (name: string) => string {
  const known = new Set<string>()
  return (name) => {
    if (known.has(name)) return name
    if (known.size >= most) return 'other'
    known.add(name)
    return name
  }
}
