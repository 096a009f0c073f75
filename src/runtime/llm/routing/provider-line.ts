import { AgentctlError } from '../../kernel/index.ts'
import {
  type Breaker,
  type BreakerOptions,
  type BreakerState,
  type Clock,
  createBreaker,
  createLimit,
  createRateGate,
  createRetryBudget,
  retry,
} from '../../resilience/index.ts'
import { llmError } from '../errors.ts'
import type { Provider } from '../provider.ts'

/** One try at a provider. */
export interface Try {
  readonly signal: AbortSignal
  /** It has sent a piece: from the first one on only the deadline of the request counts. */
  answers(): void
  succeeded(): void
  /** Given up by the one who asked. */
  cancelled(): void
  failed(error: unknown): void
}

export interface TryOptions {
  signal: AbortSignal
  /** When the request as a whole has to be done, and when this provider has to have answered; in the clock's time. */
  deadline: number
  answerBy: number
  /** Another provider is there if this one fails: it is not waited for. */
  replaceable: boolean
}

/** The way to one provider: retries, circuit breaker, rate gate and limits of time. */
export interface ProviderLine {
  readonly provider: Provider
  /**
   * Does the work with a try, and again with another one after a failure that may pass. Who gets a result has to say
   * how the try ended; a failure of `work` is told by the line.
   */
  run<T>(work: (attempt: Try) => Promise<T>, options: TryOptions): Promise<T>
  readonly breaker: BreakerState
  /** Milliseconds until it is worth asking again. */
  readonly openFor: number
  readonly limitedFor: number
}

export interface RetrySettings {
  attempts: number
  /** Milliseconds: the longest first pause, and the longest of all. */
  base: number
  cap: number
}

/** Told about what happens, for metrics. */
export interface RouterHooks {
  /** @param result `ok`, `cancelled`, or the code of the error */
  attempt?(provider: string, result: string, ms: number): void
  retried?(provider: string): void
  breaker?(provider: string, state: BreakerState): void
}

export interface ProviderLineOptions {
  provider: Provider
  clock: Clock
  random: () => number
  retry: RetrySettings
  breaker?: Partial<BreakerOptions>
  hooks: RouterHooks
}

/** Milliseconds a request waits for the rate gate, or as asked by Retry-After, when nobody else could answer it. */
const PATIENCE = { replaceable: 1_000, only: 60_000 }
/** A time-out is the provider's fault only if it was silent this long; otherwise the one who asked was in a hurry. */
const FAIR = 10_000

const RETRIED = new Set(['LLM_UPSTREAM_FAILED', 'LLM_RATE_LIMITED'])

export function createProviderLine(options: ProviderLineOptions): ProviderLine {
  const { provider, clock, random, hooks } = options
  const { name, label } = provider
  const onChange = (state: BreakerState) => hooks.breaker?.(name, state)
  const breaker = createBreaker({ clock, random, onChange, ...options.breaker })
  const gate = createRateGate({ clock })
  const budget = createRetryBudget({ clock })

  const late = () => llmError('LLM_TIMEOUT', `${label} did not answer in time`)

  async function enter({ signal, deadline, answerBy, replaceable }: TryOptions): Promise<Try> {
    const patience = replaceable ? PATIENCE.replaceable : PATIENCE.only
    const missing = await gate.pass({ patience: Math.min(patience, answerBy - clock.now()), signal })
    if (missing > 0)
      throw llmError('LLM_RATE_LIMITED', `${label} wants no requests for now`, { retryAfter: missing })
    const permit = breaker.enter()
    if (!permit)
      throw llmError('LLM_CIRCUIT_OPEN', `${label} has failed too often`, { retryAfter: waitFor(breaker) })
    const started = clock.now()
    let heard = started
    const limit = createLimit({ clock, at: answerBy, signal, late })
    const end = (result: string) => {
      limit.end()
      hooks.attempt?.(name, result, clock.now() - started)
    }
    return {
      signal: limit.signal,
      answers() {
        if (heard === started) limit.moveTo(deadline)
        heard = clock.now()
      },
      succeeded() {
        permit.succeeded()
        end('ok')
      },
      cancelled() {
        permit.cancelled()
        end('cancelled')
      },
      failed(error) {
        const fault = faultOf(error, clock.now() - heard)
        if (fault === 'limit') gate.closeFor((error as AgentctlError).retryAfter ?? 0)
        if (fault === 'provider') permit.failed()
        else permit.cancelled()
        end(error instanceof AgentctlError ? error.code : 'INTERNAL')
      },
    }
  }

  return {
    provider,
    async run(work, tryOptions) {
      const { signal, answerBy, replaceable } = tryOptions
      return retry(
        async () => {
          const attempt = await enter(tryOptions)
          try {
            return await work(attempt)
          } catch (error) {
            attempt.failed(error)
            throw error
          }
        },
        {
          clock,
          random,
          ...options.retry,
          signal,
          deadline: answerBy,
          budget,
          patience: replaceable ? PATIENCE.replaceable : PATIENCE.only,
          shouldRetry: (error) => error instanceof AgentctlError && RETRIED.has(error.code),
          retryAfterOf: (error) => (error instanceof AgentctlError ? error.retryAfter : undefined),
          onRetry: () => hooks.retried?.(name),
        },
      )
    },
    get breaker() {
      return breaker.state()
    },
    get openFor() {
      return breaker.remaining()
    },
    get limitedFor() {
      return gate.remaining()
    },
  }
}

/** A probe is mostly soon over. */
function waitFor(breaker: Breaker): number {
  return breaker.state() === 'half-open' ? Math.min(1_000, breaker.remaining()) : breaker.remaining()
}

/** Whose fault it was. A refused key or request is nobody's that a breaker could help. */
function faultOf(error: unknown, silence: number): 'provider' | 'limit' | 'other' {
  const code = error instanceof AgentctlError ? error.code : undefined
  if (code === 'LLM_UPSTREAM_FAILED') return 'provider'
  if (code === 'LLM_TIMEOUT') return silence >= FAIR ? 'provider' : 'other'
  return code === 'LLM_RATE_LIMITED' ? 'limit' : 'other'
}
