import { AgentctlError } from '../../kernel/index.ts'
import type { ResponseCache } from '../cache/cache.ts'
import type { Hit } from '../cache/entry.ts'
import { countPromptTokens, TOKEN } from '../providers/tokens.ts'
import type { LlmMetrics } from './metrics.ts'
import type { Question } from './question.ts'
import type { Quotas } from './quotas.ts'
import type { RequestLife } from './request-life.ts'
import { createSingleFlight, type Start } from './single-flight.ts'
import { piecesOf } from './stream-frames.ts'
import type { Upstream } from './upstream.ts'

/** Answers from the cache or a provider: equal questions are looked up and asked once. */
export interface Answering {
  wait(question: Question, life: RequestLife): Promise<Hit>
  follow(question: Question, life: RequestLife): AsyncGenerator<string, Hit>
}

export interface AnsweringOptions {
  upstream: Upstream
  cache?: ResponseCache | undefined
  quotas?: Quotas | undefined
  metrics?: LlmMetrics | undefined
}

export function createAnswering({ upstream, cache, quotas, metrics }: AnsweringOptions): Answering {
  const flights = createSingleFlight<Hit>()
  let lonely = 0

  /** Questions whose answers may not be shared have a call of their own. */
  function flightOf({ digest }: Question): string {
    lonely += 1
    return digest ?? `alone:${lonely}`
  }

  /** Looks the answer up, or asks the provider, unless another process is about to have it. */
  function makerOf(question: Question, { deadline }: RequestLife, streams: boolean): Start<Hit> {
    const { choice, prompt, tenant, digest } = question
    return async (emit, signal) => {
      const claim = digest === undefined ? undefined : await cache?.claim(digest, signal)
      if (claim !== undefined && 'answer' in claim) return claim
      metrics?.cache(digest === undefined ? 'bypass' : 'miss')
      let streamed = 0
      const pass = (piece: string) => {
        streamed += piece.length
        emit(piece)
      }
      try {
        const answer = await upstream.call({
          choice,
          prompt,
          deadline,
          signal,
          emit: streams ? pass : undefined,
        })
        claim?.store(answer)
        quotas?.charge(tenant, answer.token_count)
        return { answer, json: JSON.stringify(answer) }
      } catch (error) {
        claim?.release()
        // Whoever leaves before the end has been served all the same.
        if (streamed > 0) quotas?.charge(tenant, countPromptTokens(prompt) + Math.ceil(streamed / TOKEN))
        throw error
      }
    }
  }

  function tell({ answer }: Hit, own: boolean): void {
    if (answer.cached) metrics?.cache('hit')
    else if (!own) metrics?.cache('shared')
  }

  return {
    async wait(question, life) {
      for (;;) {
        const own = ownership(makerOf(question, life, false))
        try {
          const made = await flights.wait(flightOf(question), own.start, life.signal)
          tell(made, own.started)
          return made
        } catch (error) {
          if (own.started || !isOthersTimeout(error, life)) throw error
        }
      }
    },
    async *follow(question, life) {
      for (let empty = true; ; ) {
        const own = ownership(makerOf(question, life, true))
        try {
          const pieces = flights.follow(flightOf(question), own.start, life.signal)
          const made = yield* watched(pieces, () => {
            if (empty) metrics?.firstToken(question.provider, performance.now() - question.started)
            empty = false
          })
          tell(made, own.started)
          // From the cache, or of a call that was not asked for a stream.
          if (empty) yield* piecesOf(made.answer.text)
          return made
        } catch (error) {
          if (own.started || !empty || !isOthersTimeout(error, life)) throw error
        }
      }
    },
  }
}

/** Tells whether it was this request that started the call. */
function ownership<T>(start: Start<T>): { start: Start<T>; readonly started: boolean } {
  let started = false
  return {
    start(emit, signal) {
      started = true
      return start(emit, signal)
    },
    get started() {
      return started
    },
  }
}

/** Passes everything on, its own early end included. */
async function* watched<T>(pieces: AsyncGenerator<string, T>, seen: () => void): AsyncGenerator<string, T> {
  let left = true
  try {
    for (;;) {
      const { value, done } = await pieces.next()
      if (done) {
        left = false
        return value
      }
      seen()
      yield value
    }
  } finally {
    if (left) await pieces.return(undefined as never)
  }
}

/** The call was started by a request that had less time than this one, which asks again by itself. */
function isOthersTimeout(error: unknown, { signal, deadline }: RequestLife): boolean {
  const timedOut = error instanceof AgentctlError && error.code === 'LLM_TIMEOUT'
  return timedOut && !signal.aborted && performance.now() < deadline
}
