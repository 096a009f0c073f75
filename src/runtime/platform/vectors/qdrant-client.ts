import { QdrantClient } from '@qdrant/js-client-rest'
import { type AgentctlError, maskUrl, messageOf } from '../../kernel/index.ts'
import { vectorsError, vectorsFailure } from './errors.ts'

export interface QdrantOptions {
  url: string
  apiKey?: string | undefined
  /** Milliseconds one request may take. */
  timeout?: number
}

/** Runs a call of the client; its failures become errors of ours. */
export type Ask = <T>(call: (client: QdrantClient) => Promise<T>) => Promise<T>

/** @throws AgentctlError VECTORS_URL_INVALID */
export function connectQdrant({ url, apiKey, timeout = 10_000 }: QdrantOptions): { place: string; ask: Ask } {
  const address = parseAddress(url)
  const place = `Qdrant at ${maskUrl(url)}`
  const client = new QdrantClient({
    ...address,
    timeout,
    checkCompatibility: false,
    // As a header, because the client prints a warning about a key that is used without TLS.
    ...(apiKey === undefined ? {} : { headers: { 'api-key': apiKey } }),
  })
  return {
    place,
    async ask(call) {
      try {
        return await call(client)
      } catch (error) {
        throw translate(error, place, timeout)
      }
    },
  }
}

/** The client drops the path of a URL, and an explicit port that is the scheme's own: both are given apart. */
function parseAddress(url: string) {
  const parsed = URL.parse(url)
  if (!parsed || !/^https?:$/.test(parsed.protocol) || parsed.username !== '' || parsed.search !== '') {
    const why = parsed?.username ? 'give the key with QDRANT_API_KEY' : 'expected http://HOST:PORT'
    throw vectorsError('VECTORS_URL_INVALID', `${maskUrl(url)}: ${why}`, { field: 'qdrantUrl' })
  }
  const written = /^https?:\/\/[^/]*?:(\d+)(\/|$)/i.exec(url)?.[1]
  return {
    host: parsed.hostname,
    https: parsed.protocol === 'https:',
    port: Number(written ?? 6333),
    prefix: parsed.pathname.replace(/\/+$/, ''),
  }
}

/** What the client throws, with the fields that matter here. */
interface Failure extends Error {
  status?: number
  data?: { status?: { error?: string } } | string
}

/** Whether Qdrant says that a collection does not exist; a 404 of something else than Qdrant does not count. */
export function isMissing(error: unknown): boolean {
  const failure = failureOf(error)
  return failure?.status === 404 && /doesn't exist/.test(saidBy(failure) ?? '')
}

/** Whether Qdrant says that a collection exists already. */
export function isConflict(error: unknown): boolean {
  return failureOf(error)?.status === 409
}

function failureOf(error: unknown): Failure | undefined {
  return (error as Error).cause as Failure | undefined
}

function saidBy({ data }: Failure): string | undefined {
  return typeof data === 'string' ? data : data?.status?.error
}

function translate(error: unknown, place: string, timeout: number): AgentctlError {
  const failure = error as Failure
  if (failure.name === 'QdrantClientTimeoutError') return away(place, `no answer within ${timeout} ms`, error)
  if (failure.name === 'QdrantClientResourceExhaustedError') return away(place, 'too many requests', error)
  if (failure.status === undefined) return lost(place, failure)
  const reason = `${failure.status}: ${saidBy(failure) || failure.message || 'no reason given'}`
  if (failure.status >= 502 && failure.status <= 504) return away(place, reason, error)
  if (failure.status === 401 || failure.status === 403) {
    return vectorsError('VECTORS_FAILED', `${place}: ${reason}`, {
      cause: error,
      fix: 'Set QDRANT_API_KEY to a key that may read and write.',
    })
  }
  return vectorsError('VECTORS_FAILED', `${place}: ${reason}`, { cause: error })
}

/** `fetch failed` says nothing; the reason is its cause, which has no message of its own where several addresses failed. */
function lost(place: string, failure: Error): AgentctlError {
  if (failure.message !== 'fetch failed') return vectorsFailure(place, failure)
  const cause = failure.cause as NodeJS.ErrnoException | undefined
  return away(place, cause?.code ?? messageOf(cause ?? failure), failure)
}

function away(place: string, why: string, cause: unknown): AgentctlError {
  return vectorsError('VECTORS_UNREACHABLE', `${place}: ${why}`, { cause })
}
