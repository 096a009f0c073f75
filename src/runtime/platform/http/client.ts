import { createParser, type EventSourceMessage } from 'eventsource-parser'
import { Agent, type Dispatcher, request } from 'undici'
import { type AgentctlError, messageOf, type Problem, type Span } from '../../kernel/index.ts'
import { fromProblem } from './from-problem.ts'
import { ConnectionLost, isNetworkError } from './sse-client.ts'
import { beginCall, failed, traceHeader } from './trace-calls.ts'

/** The other side was given all the time it may take, and has not answered. */
export class CallTimedOut extends ConnectionLost {}

export interface Call {
  signal?: AbortSignal | undefined
  /** Aborted when the service is known to be gone: as if the connection had broken. */
  gone?: AbortSignal | undefined
  headers?: Readonly<Record<string, string>>
  /** Milliseconds until the answer must be complete; of a stream, until its first event and then between two. */
  timeout: number
  /** Milliseconds until a stream must have ended, if that is limited. */
  total?: number
  /** Whatever arrives of a stream is a sign of life, comments too: `timeout` is then for silence. */
  comments?: boolean
}

/** Talks JSON to services, over connections that are kept. */
export interface JsonClient {
  /**
   * @throws ConnectionLost (CallTimedOut when it took too long), the problem of the service as an AgentctlError with its
   *   `retryAfter`, or the reason of `signal`
   */
  postJson<T>(url: string, body: object, call: Call): Promise<T>
  patchJson<T>(url: string, body: object, call: Call): Promise<T>
  getJson<T>(url: string, call: Call): Promise<T>
  /** The same for any text of at most LONGEST_TEXT. */
  getText(url: string, call: Call): Promise<string>
  /** Of what it answers nothing is read. */
  deleteAt(url: string, call: Call): Promise<void>
  /** The same for an answer in events; ends when the service ends it. */
  postForEvents(url: string, body: object, call: Call): AsyncGenerator<EventSourceMessage>
  /** Ends what is under way. */
  close(): Promise<void>
}

export type Question =
  | { method: 'POST' | 'PATCH'; url: string; body: object }
  | { method: 'GET' | 'DELETE'; url: string }
type Response = Dispatcher.ResponseData

/** Milliseconds to open a connection: an address that swallows packets must not cost more. */
const CONNECT = 5_000
/** Less than the time for which our servers keep an idle connection, even if they are about to end, so that none is used that is being closed. */
const IDLE = 4_000
/** Characters of an answer that is read as a whole, where anybody may be asked. */
const LONGEST_TEXT = 10_000_000

/** @param always headers that go with each call, such as an API key */
export function createJsonClient(always: Readonly<Record<string, string>> = {}): JsonClient {
  // Time is kept here, to the millisecond; the driver's own timers are coarse.
  const dispatcher = new Agent({
    connect: { timeout: CONNECT },
    keepAliveTimeout: IDLE,
    keepAliveMaxTimeout: IDLE, // whatever they promise
    headersTimeout: 0,
    bodyTimeout: 0,
    pipelining: 1,
  })

  const send = (question: Question, { headers }: Call, accept: string, signal: AbortSignal, span: Span) =>
    request(question.url, {
      method: question.method,
      dispatcher,
      signal,
      headers: {
        accept,
        ...('body' in question ? { 'content-type': 'application/json' } : {}),
        ...traceHeader(span),
        ...always,
        ...headers,
      },
      body: 'body' in question ? JSON.stringify(question.body) : null,
    })

  async function ask<T>(
    question: Question,
    call: Call,
    read: (response: Response) => Promise<T>,
  ): Promise<T> {
    const span = beginCall(question)
    const limit = startLimit(call)
    try {
      const response = await send(question, call, 'application/json', limit.signal, span)
      span.set({ 'http.response.status_code': response.statusCode })
      if (response.statusCode >= 300) throw await refusal(response)
      return await read(response)
    } catch (error) {
      throw failed(span, limit.explain(error))
    } finally {
      limit.end()
      span.end()
    }
  }

  return {
    postJson: <T>(url: string, body: object, call: Call) =>
      ask({ method: 'POST', url, body }, call, answer<T>),
    patchJson: <T>(url: string, body: object, call: Call) =>
      ask({ method: 'PATCH', url, body }, call, answer<T>),
    getJson: <T>(url: string, call: Call) => ask({ method: 'GET', url }, call, answer<T>),
    getText: (url, call) => ask({ method: 'GET', url }, call, text),
    deleteAt: (url, call) => ask({ method: 'DELETE', url }, call, ({ body }) => body.dump()),
    async *postForEvents(url, body, call) {
      const question: Question = { method: 'POST', url, body }
      const span = beginCall(question)
      const limit = startLimit(call)
      const events: EventSourceMessage[] = []
      const parser = createParser({ onEvent: (event) => events.push(event) })
      try {
        const response = await send(question, call, 'text/event-stream', limit.signal, span)
        span.set({ 'http.response.status_code': response.statusCode })
        if (response.statusCode >= 300) throw await refusal(response)
        response.body.setEncoding('utf8')
        for await (const chunk of response.body) {
          parser.feed(chunk as string)
          if (events.length === 0 && !call.comments) continue
          limit.pause() // the reader may take its time
          yield* events.splice(0)
          limit.resume()
        }
      } catch (error) {
        throw failed(span, limit.explain(error))
      } finally {
        limit.end()
        span.end()
      }
    },
    close: () => dispatcher.destroy(),
  }
}

/** Ends a call when its time is up or its caller wants no more. */
function startLimit({ signal, gone, timeout, total = Number.POSITIVE_INFINITY }: Call) {
  const controller = new AbortController()
  const until = performance.now() + total
  const late = (ms: number) => controller.abort(new CallTimedOut(`no answer within ${Math.ceil(ms)} ms`))
  const stop = () => controller.abort(signal?.reason)
  const lose = () => controller.abort(new ConnectionLost('the service is gone'))
  let timer: NodeJS.Timeout | undefined
  const resume = () => {
    const ms = Math.max(0, Math.min(timeout, until - performance.now()))
    timer = setTimeout(late, ms, Math.min(timeout, total))
  }
  const pause = () => clearTimeout(timer)

  if (signal?.aborted) stop()
  else signal?.addEventListener('abort', stop, { once: true })
  if (gone?.aborted) lose()
  else gone?.addEventListener('abort', lose, { once: true })
  resume()

  return {
    signal: controller.signal,
    pause,
    resume,
    end() {
      pause()
      signal?.removeEventListener('abort', stop)
      gone?.removeEventListener('abort', lose)
    },
    /** What to tell the caller instead of what the driver says. */
    explain(error: unknown): unknown {
      if (controller.signal.aborted) return controller.signal.reason
      return isNetworkError(error) ? new ConnectionLost(messageOf(error), { cause: error }) : error
    },
  }
}

async function answer<T>({ statusCode, body }: Response): Promise<T> {
  const text = await body.text()
  try {
    return JSON.parse(text) as T
  } catch (cause) {
    throw new ConnectionLost(`the service answered ${statusCode} with something that is not JSON`, { cause })
  }
}

async function text({ body }: Response): Promise<string> {
  body.setEncoding('utf8')
  let read = ''
  for await (const chunk of body) {
    read += chunk as string
    if (read.length > LONGEST_TEXT) throw new ConnectionLost('the service has answered far too much')
  }
  return read
}

async function refusal({ statusCode, headers, body }: Response): Promise<AgentctlError | ConnectionLost> {
  const text = await body.text()
  try {
    const problem = JSON.parse(text) as Problem
    if (typeof problem.code === 'string' && typeof problem.status === 'number') {
      return fromProblem(problem, parseRetryAfter(headers['retry-after']))
    }
  } catch {
    // A proxy in between, or not one of ours: told below.
  }
  return new ConnectionLost(`the service answered ${statusCode} without saying why`)
}

/** Milliseconds of a header Retry-After, which is in seconds or a date (RFC 9110, 10.2.3). */
export function parseRetryAfter(header: string | string[] | undefined, now = Date.now()): number | undefined {
  if (typeof header !== 'string') return undefined
  if (/^\d+$/.test(header)) return Number(header) * 1_000
  const date = Date.parse(header)
  return Number.isNaN(date) ? undefined : Math.max(0, date - now)
}
