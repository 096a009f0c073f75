import { AgentctlError } from '../../kernel/index.ts'
import type { ResponseCache } from '../cache/cache.ts'
import type { Hit } from '../cache/entry.ts'
import type { CacheKeyForm } from '../cache/key.ts'
import { llmError } from '../errors.ts'
import type { GenerateAnswer, GenerateBody } from '../messages.ts'
import type { Router } from '../routing/router.ts'
import { createAnswering } from './answering.ts'
import type { LlmMetrics, RequestOutcome } from './metrics.ts'
import { type Question, questionOf } from './question.ts'
import type { Quotas } from './quotas.ts'
import { beginLife, type OnGone } from './request-life.ts'
import { piecesOf } from './stream-frames.ts'
import type { Upstream } from './upstream.ts'

export interface LlmService {
  /**
   * The answer as JSON.
   * @param tenant digest of the caller's API key, or `public`
   * @throws AgentctlError of the room's table
   */
  answer(body: GenerateBody, tenant: string, onGone: OnGone): Promise<string>
  /** The same in pieces; returns the whole. */
  stream(body: GenerateBody, tenant: string, onGone: OnGone): AsyncGenerator<string, GenerateAnswer>
  /** Refuses new requests; resolves when those under way have been answered. */
  drain(): Promise<void>
  /** Requests under way. */
  readonly active: number
}

export interface LlmServiceOptions {
  router: Router
  upstream: Upstream
  /** Without it every question goes to a provider. */
  cache?: ResponseCache | undefined
  keyForm?: CacheKeyForm
  quotas?: Quotas | undefined
  /** Milliseconds for a request that does not say how long it may take. */
  timeout: number
  metrics?: LlmMetrics | undefined
}

/** Quotas, then the cache, then the providers. */
export function createLlmService(options: LlmServiceOptions): LlmService {
  const { router, upstream, cache, keyForm = 'sha256', quotas, timeout, metrics } = options
  const rules = { router, keyForm: cache === undefined ? undefined : keyForm, timeout }
  const answering = createAnswering({ upstream, cache, quotas, metrics })
  let active = 0
  let drained: PromiseWithResolvers<void> | undefined

  /** What is held in this process needs no waiting at all. */
  function peek({ digest }: Question): Hit | undefined {
    const hit = digest === undefined ? undefined : cache?.peek(digest)
    if (hit) metrics?.cache('hit')
    return hit
  }

  function begin(body: GenerateBody, tenant: string) {
    if (drained) throw llmError('LLM_OVERLOADED', 'this replica is stopping', { retryAfter: 1_000 })
    const question = questionOf(body, tenant, rules)
    active += 1
    return {
      question,
      end(outcome: RequestOutcome) {
        active -= 1
        if (active === 0) drained?.resolve()
        metrics?.request(question.provider, outcome, performance.now() - question.started)
      },
    }
  }

  return {
    async answer(body, tenant, onGone) {
      const { question, end } = begin(body, tenant)
      let outcome: RequestOutcome = 'cached'
      try {
        await quotas?.admit(tenant)
        const hit = peek(question)
        if (hit) return hit.json
        const life = beginLife(question.timeout, onGone)
        const { answer, json } = await answering.wait(question, life).finally(life.end)
        if (!answer.cached) outcome = 'ok'
        return json
      } catch (error) {
        outcome = outcomeOf(error)
        throw error
      } finally {
        end(outcome)
      }
    },
    async *stream(body, tenant, onGone) {
      const { question, end } = begin(body, tenant)
      let outcome: RequestOutcome = 'cancelled' // where the reader leaves before the end
      const life = beginLife(question.timeout, onGone)
      try {
        await quotas?.admit(tenant)
        const hit = peek(question)
        if (hit) yield* piecesOf(hit.answer.text)
        const { answer } = hit ?? (yield* answering.follow(question, life))
        outcome = answer.cached ? 'cached' : 'ok'
        return answer
      } catch (error) {
        outcome = outcomeOf(error)
        throw error
      } finally {
        life.end()
        end(outcome)
      }
    },
    async drain() {
      drained ??= Promise.withResolvers<void>()
      if (active === 0) drained.resolve()
      await drained.promise
    },
    get active() {
      return active
    },
  }
}

function outcomeOf(error: unknown): RequestOutcome {
  if (!(error instanceof AgentctlError)) return 'failed'
  if (error.kind === 'timeout' || error.kind === 'cancelled') return error.kind
  return error.kind === 'limit' || error.kind === 'usage' ? 'refused' : 'failed'
}
