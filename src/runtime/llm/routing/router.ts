import { AgentctlError, type Logger } from '../../kernel/index.ts'
import { type BreakerOptions, type Clock, monotonicClock } from '../../resilience/index.ts'
import { llmError } from '../errors.ts'
import type { Completion, Prompt, Provider } from '../provider.ts'
import { findProvider, type Providers } from '../providers.ts'
import { beginStream, restOfStream } from './begun-stream.ts'
import {
  createProviderLine,
  type ProviderLine,
  type RetrySettings,
  type RouterHooks,
  type Try,
  type TryOptions,
} from './provider-line.ts'
import { type ProviderStatus, statusOf } from './provider-status.ts'

/** What a request asks for; what it leaves out is the default. */
export interface Choice {
  provider?: string
  model?: string
}

/** A prompt for any model: it is asked of whichever provider answers. */
export type Question = Omit<Prompt, 'model'>

/** An answer, and where it comes from. */
export interface Routed extends Completion {
  provider: Provider
  /** Names of the providers that were asked before and could not answer. */
  fellBackFrom: string[]
}

export interface RouteOptions {
  signal: AbortSignal
  /** When there has to be an answer, as the clock counts (`performance.now()`). */
  deadline: number
}

export interface Router {
  /** The provider and model that are asked first. @throws AgentctlError LLM_PROVIDER_UNKNOWN, LLM_PROVIDER_UNCONFIGURED, LLM_MODEL_UNKNOWN */
  resolve(choice: Choice): { provider: Provider; model: string }
  /** @throws AgentctlError of the room's table, or the reason of `signal` */
  complete(choice: Choice, question: Question, options: RouteOptions): Promise<Routed>
  /** Yields pieces of text; returns the whole. Another provider takes over only before the first piece. */
  stream(choice: Choice, question: Question, options: RouteOptions): AsyncGenerator<string, Routed>
  status(): ProviderStatus[]
}

export interface RouterOptions {
  providers: Providers
  retry?: Partial<RetrySettings>
  breaker?: Partial<BreakerOptions>
  /** Milliseconds to the first piece of a stream, where another provider could take over. */
  firstPiece?: number
  clock?: Clock
  random?: () => number
  hooks?: RouterHooks
  log: Logger
}

const RETRY: RetrySettings = { attempts: 3, base: 250, cap: 5_000 }
const FIRST_PIECE = 20_000

/**
 * Asks the provider that is wanted, and those of the fallback chain when it cannot answer. All retries are made here, and
 * nowhere else. What the provider finds wrong with a request is the caller's error and ends the search; a refused key or an
 * unknown model does not, nor does what a fallback finds wrong: the request was not made for it.
 */
export function createRouter(options: RouterOptions): Router {
  const { providers, firstPiece = FIRST_PIECE, log, hooks = {} } = options
  const { clock = monotonicClock, random = Math.random } = options
  const lines = new Map(
    [...providers.configured].map(([name, provider]) => [
      name,
      createProviderLine({
        provider,
        clock,
        random,
        hooks,
        retry: { ...RETRY, ...options.retry },
        ...(options.breaker === undefined ? {} : { breaker: options.breaker }),
      }),
    ]),
  )

  function resolve({ provider: name, model }: Choice): { provider: Provider; model: string } {
    const asked = findProvider(providers, name ?? providers.default, 'provider')
    if (model === undefined || asked.knows?.(model) !== false)
      return { provider: asked, model: model ?? asked.defaultModel }
    const other = [...providers.configured.values()].find((provider) => provider.knows?.(model) === true)
    if (name === undefined && other) return { provider: other, model }
    throw llmError('LLM_MODEL_UNKNOWN', `${asked.label} has no model "${model}"`, { field: 'model' })
  }

  /** The provider that is asked first, and those that may stand in for it with their own models. */
  function chainOf(choice: Choice): { line: ProviderLine; model: string }[] {
    const { provider, model } = resolve(choice)
    const names = new Set([provider.name, ...providers.fallback])
    return [...names].flatMap((name, index) => {
      const line = lines.get(name)
      return line ? [{ line, model: index === 0 ? model : line.provider.defaultModel }] : []
    })
  }

  /** Does the work with the first provider that can. */
  async function route<T>(
    choice: Choice,
    question: Question,
    { signal, deadline }: RouteOptions,
    patience: number,
    work: (provider: Provider, prompt: Prompt, attempt: Try) => Promise<T>,
  ): Promise<{ result: T; provider: Provider; fellBackFrom: string[] }> {
    const chain = chainOf(choice)
    const failures: { provider: Provider; error: AgentctlError }[] = []
    for (const [index, { line, model }] of chain.entries()) {
      const { provider } = line
      const left = chain.length - index
      const tryOptions = shareOf({ signal, deadline, left, patience, now: clock.now() })
      try {
        const result = await line.run(
          (attempt) => work(provider, { ...question, model }, attempt),
          tryOptions,
        )
        return { result, provider, fellBackFrom: failures.map((failure) => failure.provider.name) }
      } catch (error) {
        if (signal.aborted) throw signal.reason
        if (!(error instanceof AgentctlError) || (index === 0 && !maySucceedElsewhere(error))) throw error
        failures.push({ provider, error })
        if (left > 1) {
          // What is being left alone has been told of; a line for each request would fill the log.
          const level = error.code === 'LLM_CIRCUIT_OPEN' ? 'debug' : 'warn'
          log[level](
            { provider: provider.name, code: error.code, reason: error.message },
            'asking another provider',
          )
        }
      }
    }
    throw allFailed(failures)
  }

  return {
    resolve,
    async complete(choice, question, routeOptions) {
      const work = async (provider: Provider, prompt: Prompt, attempt: Try) => {
        const completion = await provider.complete(prompt, attempt.signal)
        attempt.succeeded()
        return completion
      }
      const { result, ...from } = await route(choice, question, routeOptions, Number.POSITIVE_INFINITY, work)
      return { ...result, ...from }
    },
    async *stream(choice, question, routeOptions) {
      const { result, ...from } = await route(choice, question, routeOptions, firstPiece, beginStream)
      return { ...(yield* restOfStream(result)), ...from }
    },
    status: () => statusOf(providers, lines),
  }
}

interface Share {
  signal: AbortSignal
  deadline: number
  /** Providers that are left, this one included. */
  left: number
  /** Milliseconds to the first sign of an answer, where there is another provider. */
  patience: number
  now: number
}

/** Who has successors gets its part of the time, so that one that hangs leaves them theirs. */
function shareOf({ signal, deadline, left, patience, now }: Share): TryOptions {
  const replaceable = left > 1
  const answerBy = replaceable ? now + Math.min(patience, (deadline - now) / left) : deadline
  return { signal, deadline, answerBy, replaceable }
}

function maySucceedElsewhere({ code }: AgentctlError): boolean {
  return code !== 'LLM_REQUEST_REFUSED'
}

/** The error of the provider that was asked, with what became of the others. */
function allFailed(failures: readonly { error: AgentctlError }[]): AgentctlError {
  const [first, ...others] = failures.map(({ error }) => error)
  if (first === undefined || others.length === 0)
    return first ?? llmError('LLM_UPSTREAM_FAILED', 'no provider')
  const waits = [first, ...others].flatMap(({ retryAfter }) => (retryAfter === undefined ? [] : [retryAfter]))
  const detail = [first, ...others].map(({ message }) => message).join('; ')
  const { code, kind, title, fix, status } = first
  return new AgentctlError(code, { kind, title, fix, status }, detail, {
    cause: first,
    ...(first.field === undefined ? {} : { field: first.field }),
    ...(waits.length === 0 ? {} : { retryAfter: Math.min(...waits) }),
  })
}
