import { setTimeout as pause } from 'node:timers/promises'
import type { z } from 'zod'
import { AgentctlError, type Problem } from '../kernel/index.ts'
import {
  bearerHeaders,
  ConnectionLost,
  createJsonClient,
  fromProblem,
  type JsonClient,
  readEvents,
} from '../platform/http-client/index.ts'
import type { OutputName } from '../sandbox/index.ts'
import { evaluationError } from './errors.ts'
import type { Accepted, Evaluation, EvaluationList, Status, submission } from './messages.ts'

/** A submission as it is sent: all but the code may be left out. */
export type NewSubmission = z.input<typeof submission>

/** Told of what happens to an evaluation while it is followed. */
export interface FollowHandlers {
  onStatus?(status: Status, attempt: number): void
  /** Told of each piece of output once. */
  onOutput?(name: OutputName, text: string): void
  /** Another attempt begins: the output so far is void. */
  onRestart?(attempt: number): void
}

export interface ListOptions {
  status?: Status
  limit?: number
  /** `next` of the page before. */
  after?: string
}

/** The routes of a gateway for evaluations. Each throws what the gateway refuses, and EVAL_UNREACHABLE. */
export interface EvaluationClient {
  /** @param key with the same key, the same submission is the same evaluation: it may be sent again */
  submit(submitted: NewSubmission, key?: string): Promise<Accepted>
  /** @param wait milliseconds to wait for the end, at most 60,000 */
  status(id: string, wait?: number): Promise<Evaluation>
  list(options?: ListOptions): Promise<EvaluationList>
  /** @returns what it is then: one that runs goes on until its worker has heard of it */
  cancel(id: string): Promise<Evaluation>
  /** Follows an evaluation to its end, over as many connections as it takes. */
  follow(id: string, handlers: FollowHandlers, signal?: AbortSignal): Promise<Evaluation>
  close(): Promise<void>
}

export interface EvaluationClientOptions {
  /** Base URL of a gateway. */
  url: string
  /** Shown to it. */
  apiKey?: string | undefined
  signal: AbortSignal
  /** Told when a connection was lost and is made again. */
  onRetry?: (why: string) => void
  /** Milliseconds without any success after which following is given up (30,000). */
  retryFor?: number
}

/** Milliseconds in which the gateway must have answered, beyond the time it was told to wait. */
const TIMEOUT = 15_000
const RETRY_FOR = 30_000
const RETRY_PAUSE = 500

interface Frame {
  event: string | undefined
  data: string
}

/** @throws AgentctlError EVAL_URL_INVALID */
export function createEvaluationClient(options: EvaluationClientOptions): EvaluationClient {
  const { url, apiKey, signal, onRetry = () => {}, retryFor = RETRY_FOR } = options
  const base = checked(url)
  const shown = bearerHeaders(apiKey)
  const http = createJsonClient(shown)

  function at(path: string, query: Readonly<Record<string, string | number | undefined>> = {}): string {
    const target = new URL(path, base)
    for (const [name, value] of Object.entries(query))
      if (value !== undefined) target.searchParams.set(name, String(value))
    return target.href
  }

  async function call<T>(use: (client: JsonClient) => Promise<T>): Promise<T> {
    try {
      return await use(http)
    } catch (error) {
      throw error instanceof ConnectionLost ? unreachable(url, error.message, error) : error
    }
  }

  const status = (id: string, wait = 0) =>
    call<Evaluation>(({ getJson }) =>
      getJson(at(`/api/eval-status/${encodeURIComponent(id)}`, wait === 0 ? {} : { wait }), {
        signal,
        timeout: wait + TIMEOUT,
      }),
    )

  /** The frames of a stream, each once, over as many connections as it takes. */
  async function* framesOf(id: string, stop: AbortSignal): AsyncGenerator<Frame> {
    let lastEventId: string | undefined
    let aliveAt = Date.now()
    let over = false
    while (!over) {
      let why = 'the gateway closed the connection'
      try {
        const events = readEvents({
          url: at(`/api/eval/${encodeURIComponent(id)}/stream`),
          method: 'GET',
          headers: shown,
          lastEventId,
          signal: stop,
          onNoContent() {
            over = true
          },
          onAlive() {
            aliveAt = Date.now()
          },
        })
        for await (const { event, data, id: position } of events) {
          lastEventId = position ?? lastEventId
          yield { event, data }
        }
        if (over) return
      } catch (error) {
        if (!isWorthRetrying(error)) throw error
        why = error.message
      }
      if (Date.now() - aliveAt >= retryFor) throw unreachable(url, why)
      onRetry(why)
      await pause(RETRY_PAUSE, undefined, { signal: stop })
    }
  }

  return {
    submit: (submitted, key) =>
      call(({ postJson }) =>
        postJson(at('/api/eval'), submitted, {
          signal,
          timeout: TIMEOUT,
          ...(key === undefined ? {} : { headers: { 'idempotency-key': key } }),
        }),
      ),
    status,
    list: ({ status: only, limit, after } = {}) =>
      call(({ getJson }) =>
        getJson(at('/api/evals', { status: only, limit, after }), { signal, timeout: TIMEOUT }),
      ),
    async cancel(id) {
      await call(({ deleteAt }) =>
        deleteAt(at(`/api/eval/${encodeURIComponent(id)}`), { signal, timeout: TIMEOUT }),
      )
      return status(id)
    },
    async follow(id, handlers, until) {
      const stop = until ? AbortSignal.any([signal, until]) : signal
      for await (const { event, data } of framesOf(id, stop)) {
        if (data === '[DONE]') continue
        const value = JSON.parse(data)
        if (event === 'error') throw fromProblem(value as Problem)
        if (event === 'end') return value as Evaluation
        tell(handlers, event, value)
      }
      return status(id)
    },
    close: () => http.close(),
  }
}

function tell(to: FollowHandlers, event: string | undefined, value: Record<string, unknown>): void {
  if (event === 'status') to.onStatus?.(value.status as Status, value.attempt as number)
  if (event === 'output') to.onOutput?.(value.name as OutputName, value.text as string)
  if (event === 'restart') to.onRestart?.(value.attempt as number)
}

function isWorthRetrying(error: unknown): error is Error {
  return error instanceof ConnectionLost || (error instanceof AgentctlError && error.status === 503)
}

function checked(url: string): string {
  if (URL.canParse(url) && /^https?:/.test(url)) return url
  throw evaluationError('EVAL_URL_INVALID', `"${url}" is not an http:// or https:// address`, {
    field: 'gatewayUrl',
  })
}

function unreachable(url: string, why: string, cause?: unknown): AgentctlError {
  return evaluationError('EVAL_UNREACHABLE', `${url}: ${why}`, { cause })
}
