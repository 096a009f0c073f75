import { AgentctlError, messageOf, type Problem } from '../../runtime/kernel/index.ts'
import { llmError } from '../../runtime/llm/errors.ts'
import type { GenerateAnswer, GenerateRequest, StreamFrame } from '../../runtime/llm/messages.ts'
import type { ProviderStatus } from '../../runtime/llm/routing/provider-status.ts'
import {
  CallTimedOut,
  ConnectionLost,
  createJsonClient,
  fromProblem,
} from '../../runtime/platform/http/index.ts'
import type { FoundService } from './find-service.ts'

export interface CacheHealth {
  status: 'ok' | 'degraded' | 'off'
  latency_ms: number | null
  ttl_s: number
  error?: string
}

/** One replica of the LLM service. All throw AgentctlErrors: its problems, LLM_UNREACHABLE, LLM_TIMEOUT. */
export interface ServiceClient {
  providers(): Promise<ProviderStatus[]>
  cacheHealth(): Promise<CacheHealth>
  clearCache(): Promise<{ removed: number }>
  generate(request: GenerateRequest): Promise<GenerateAnswer>
  /** Yields the pieces of the text; returns the whole. */
  stream(request: GenerateRequest): AsyncGenerator<string, GenerateAnswer>
  close(): Promise<void>
}

/** Milliseconds for what needs no model. */
const SHORT = 15_000
/** Milliseconds for an answer, where the request does not say; the service gives up before that. */
const LONG = 605_000
const DONE = '[DONE]'

export function createServiceClient({ url, apiKey }: FoundService, signal: AbortSignal): ServiceClient {
  const http = createJsonClient()
  const headers: Record<string, string> = apiKey === undefined ? {} : { authorization: `Bearer ${apiKey}` }
  const at = (path: string) => new URL(path, url).href

  function explain(error: unknown): unknown {
    if (signal.aborted || error instanceof AgentctlError) return error
    if (error instanceof CallTimedOut) return llmError('LLM_TIMEOUT', `${url}: ${error.message}`)
    if (error instanceof ConnectionLost) return llmError('LLM_UNREACHABLE', `${url}: ${error.message}`)
    return error
  }

  async function explained<T>(work: Promise<T>): Promise<T> {
    return work.catch((error) => {
      throw explain(error)
    })
  }

  const post = <T>(path: string, body: object, timeout: number) =>
    explained(http.postJson<T>(at(path), body, { signal, headers, timeout }))

  async function get<T>(path: string): Promise<T> {
    const response = await fetch(at(path), {
      headers,
      signal: AbortSignal.any([signal, AbortSignal.timeout(SHORT)]),
    }).catch((error: Error) => {
      if (signal.aborted) throw error
      throw llmError('LLM_UNREACHABLE', `${url}: ${messageOf(error.cause ?? error)}`, { cause: error })
    })
    const body = await response.json().catch(() => undefined)
    if (response.ok && body !== undefined) return body as T
    if (typeof (body as Problem | undefined)?.code === 'string') throw fromProblem(body as Problem)
    throw llmError('LLM_UNREACHABLE', `${url} answered ${response.status} and is no LLM service`)
  }

  async function* stream(request: GenerateRequest): AsyncGenerator<string, GenerateAnswer> {
    const timeout = request.timeout_ms ?? LONG
    const events = http.postForEvents(
      at('/generate'),
      { ...request, stream: true },
      { signal, headers, timeout },
    )
    let text = ''
    let answer: GenerateAnswer | undefined
    try {
      for await (const { event, data } of events) {
        if (event === 'error') throw fromProblem(JSON.parse(data) as Problem)
        if (data === DONE) break
        const frame = JSON.parse(data) as StreamFrame
        if ('done' in frame) answer = { ...frame.done, text }
        else {
          text += frame.delta
          yield frame.delta
        }
      }
    } catch (error) {
      throw explain(error)
    }
    if (answer === undefined) throw llmError('LLM_UNREACHABLE', `${url} ended the answer before its end`)
    return answer
  }

  return {
    providers: async () => (await get<{ providers: ProviderStatus[] }>('/providers')).providers,
    cacheHealth: () => get('/cache/health'),
    clearCache: () => post('/cache/clear', {}, SHORT),
    generate: (request) => post('/generate', { ...request, stream: false }, LONG),
    stream,
    close: () => http.close(),
  }
}
