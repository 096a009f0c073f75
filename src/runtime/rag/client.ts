import { setTimeout as pause } from 'node:timers/promises'
import { AgentctlError, type Problem } from '../kernel/index.ts'
import {
  bearerHeaders,
  ConnectionLost,
  createJsonClient,
  fromProblem,
  type JsonClient,
  readEvents,
} from '../platform/http/index.ts'
import { ragError } from './errors.ts'
import type {
  DocumentList,
  Ingested,
  NewDocument,
  QueryAnswer,
  QueryBody,
  StreamMessage,
} from './messages.ts'

/** What a question may leave out. */
export type Question = Partial<QueryBody> & Pick<QueryBody, 'query'>

/** The routes of a gateway for documents and queries. */
export interface RagClient {
  /** @throws AgentctlError what the gateway refuses, RAG_UNREACHABLE */
  ask(question: Question): Promise<QueryAnswer>
  /** Yields the parts of the answer as they come, each once, over as many connections as it takes. */
  follow(question: Question, key: string): AsyncGenerator<StreamMessage>
  add(document: Omit<NewDocument, 'metadata'> & { metadata?: Record<string, unknown> }): Promise<Ingested>
  /** By id, those after `after`. */
  list(limit: number, after?: string): Promise<DocumentList>
  /** @throws AgentctlError RAG_DOCUMENT_UNKNOWN */
  remove(id: string): Promise<void>
  close(): Promise<void>
}

export interface RagClientOptions {
  /** Base URL of a gateway. */
  url: string
  /** Shown to it. */
  apiKey?: string | undefined
  signal: AbortSignal
  /** Told when a connection was lost and is made again. */
  onRetry?: (why: string) => void
}

/** Milliseconds beyond the query's own time in which the gateway must have answered. */
const GRACE = 5_000
const QUERY_TIMEOUT = 60_000
/** Milliseconds to store one document: its passages may have to be sent to a model. */
const ADD_TIMEOUT = 120_000
const READ_TIMEOUT = 15_000
/** Milliseconds without any success after which a lost stream is given up, and between two tries. */
const RETRY_FOR = 30_000
const RETRY_PAUSE = 500

export function createRagClient({ url, apiKey, signal, onRetry = () => {} }: RagClientOptions): RagClient {
  const base = checked(url)
  const shown = bearerHeaders(apiKey)
  const http = createJsonClient(shown)
  const at = (path: string, query: Record<string, string> = {}) => {
    const target = new URL(path, base)
    target.search = new URLSearchParams(query).toString()
    return target.href
  }

  async function call<T>(use: (client: JsonClient) => Promise<T>): Promise<T> {
    try {
      return await use(http)
    } catch (error) {
      throw error instanceof ConnectionLost ? unreachable(url, error) : error
    }
  }

  async function* follow(question: Question, key: string): AsyncGenerator<StreamMessage> {
    let lastEventId: string | undefined
    let aliveAt = Date.now()
    let finished = false
    for (;;) {
      let why = 'the gateway closed the connection'
      try {
        const events = readEvents({
          url: at('/query', { stream: '1' }),
          method: 'POST',
          headers: { ...shown, 'idempotency-key': key },
          body: question,
          lastEventId,
          signal,
          onNoContent: () => {
            finished = true
          },
          onAlive: () => {
            aliveAt = Date.now()
          },
        })
        for await (const { event, data, id } of events) {
          if (event === 'error') throw fromProblem(JSON.parse(data) as Problem)
          if (data === '[DONE]') return
          lastEventId = event === 'gap' ? undefined : (id ?? lastEventId)
          yield event === 'gap'
            ? { type: 'restart' }
            : (JSON.parse(data) as { message: StreamMessage }).message
        }
        if (finished) return
      } catch (error) {
        if (!isWorthRetrying(error)) throw error
        why = error.message
      }
      if (Date.now() - aliveAt >= RETRY_FOR) throw unreachable(url, why)
      onRetry(why)
      await pause(RETRY_PAUSE, undefined, { signal })
    }
  }

  return {
    ask: (question) =>
      call(({ postJson }) =>
        postJson(at('/query'), question, {
          signal,
          timeout: (question.timeout_ms ?? QUERY_TIMEOUT) + GRACE,
        }),
      ),
    follow,
    add: (document) =>
      call(async ({ postJson }) => {
        const call = { signal, timeout: ADD_TIMEOUT }
        const { documents } = await postJson<{ documents: [Ingested] }>(at('/documents'), document, call)
        return documents[0]
      }),
    list: (limit, after) =>
      call(({ getJson }) =>
        getJson(at('/documents', { limit: String(limit), ...(after === undefined ? {} : { after }) }), {
          signal,
          timeout: READ_TIMEOUT,
        }),
      ),
    remove: (id) =>
      call(({ deleteAt }) =>
        deleteAt(at(`/documents/${encodeURIComponent(id)}`), { signal, timeout: READ_TIMEOUT }),
      ),
    close: () => http.close(),
  }
}

function isWorthRetrying(error: unknown): error is Error {
  return (
    error instanceof ConnectionLost || (error instanceof AgentctlError && error.code === 'REDIS_UNREACHABLE')
  )
}

function checked(url: string): string {
  if (URL.canParse(url) && /^https?:/.test(url)) return url
  throw ragError('RAG_URL_INVALID', `"${url}" is not an http:// or https:// address`, { field: 'gatewayUrl' })
}

function unreachable(url: string, cause: unknown): AgentctlError {
  const why = cause instanceof Error ? cause.message : String(cause)
  return ragError('RAG_UNREACHABLE', `${url}: ${why}`, { cause })
}
