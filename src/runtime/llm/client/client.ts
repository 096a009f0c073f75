import { type Attempt, type Balancer, createAttempts } from '../../balancer/index.ts'
import type { Logger, Problem } from '../../kernel/index.ts'
import { ConnectionLost, createJsonClient, fromProblem, type JsonClient } from '../../platform/http/index.ts'
import { llmError } from '../errors.ts'
import type { GenerateAnswer, GenerateRequest, StreamFrame } from '../messages.ts'
import { explain, judge } from './verdict.ts'

export type LlmAnswer = GenerateAnswer & {
  /** URL of the replica that has answered. */
  replica: string
}

export interface LlmCall {
  signal?: AbortSignal | undefined
  /** When the answer must be complete, in milliseconds since 1970; in a minute if nothing else is said. */
  deadline?: number | undefined
}

/**
 * Asks the replicas of the LLM service. What one cannot answer is asked of another one, within the deadline.
 * Both ways throw AgentctlErrors: BALANCER_NO_REPLICA, LLM_UNREACHABLE, LLM_TIMEOUT and those of the service; or the
 * reason of `signal`.
 */
export interface LlmClient {
  generate(request: GenerateRequest, call?: LlmCall): Promise<LlmAnswer>
  /** Yields the pieces of the text. Another replica is asked only as long as there has been none. */
  stream(request: GenerateRequest, call?: LlmCall): AsyncGenerator<string, LlmAnswer>
  /** Ends what is under way; the balancer stays open. */
  close(): Promise<void>
}

export interface LlmClientOptions {
  balancer: Pick<Balancer, 'acquire'>
  log: Logger
  /** How many replicas may fail before the caller is told. Being too busy is no failure. */
  attempts?: number
  random?: () => number
  /** For a service that wants one. */
  apiKey?: string | undefined
}

const DEADLINE = 60_000
/** The longest the service takes. */
const LONGEST = 600_000
/** Milliseconds for a replica to say by itself that its time has run out. */
const GRACE = 250

export function createLlmClient(options: LlmClientOptions): LlmClient {
  const { balancer, log, attempts: most = 3, random = Math.random, apiKey } = options
  const http = createJsonClient()
  const headers = apiKey === undefined ? {} : { authorization: `Bearer ${apiKey}` }

  function begin(request: GenerateRequest, { signal, deadline }: LlmCall) {
    const now = Date.now()
    const own = request.timeout_ms ?? (deadline === undefined ? DEADLINE : LONGEST)
    const until = Math.min(deadline ?? Number.POSITIVE_INFINITY, now + own)
    const late = () =>
      llmError('LLM_TIMEOUT', 'the time for the answer had run out before a replica was asked')
    return createAttempts({ balancer, most, deadline: until, signal, random, judge, explain, late, log })
  }

  /** What is sent to a replica, and for how long its answer is waited for. */
  function ask(
    request: GenerateRequest,
    stream: boolean,
    { url, limit, left, gone }: Attempt,
    signal?: AbortSignal,
  ) {
    // An answer that has begun in time is not begun anew elsewhere, so that it may take all that is left.
    const body = { ...request, stream, timeout_ms: Math.min(stream ? left : limit, LONGEST) }
    const call = { signal, gone, headers, timeout: limit + GRACE, total: left + GRACE }
    return [`${url}/generate`, body, call] as const
  }

  return {
    async generate(request, call = {}) {
      const attempts = begin(request, call)
      for (;;) {
        const attempt = await attempts.next()
        try {
          const answer = await http.postJson<GenerateAnswer>(...ask(request, false, attempt, call.signal))
          if (typeof answer?.text !== 'string')
            throw new ConnectionLost('the service answered without a text')
          attempt.succeeded()
          return { ...answer, replica: attempt.url }
        } catch (error) {
          attempt.failed(error)
        } finally {
          attempt.end()
        }
      }
    },
    async *stream(request, call = {}) {
      const attempts = begin(request, call)
      for (;;) {
        const attempt = await attempts.next()
        let begun = false
        try {
          const pieces = readPieces(http.postForEvents(...ask(request, true, attempt, call.signal)))
          let next = await pieces.next()
          try {
            for (; !next.done; next = await pieces.next()) {
              begun = true
              yield next.value
            }
          } finally {
            await pieces.return(undefined as never)
          }
          attempt.succeeded()
          return { ...next.value, replica: attempt.url }
        } catch (error) {
          attempt.failed(error, begun)
        } finally {
          attempt.end()
        }
      }
    },
    close: http.close,
  }
}

/** @throws ConnectionLost when the stream ends before the answer does: what was yielded is then no answer */
async function* readPieces(
  events: ReturnType<JsonClient['postForEvents']>,
): AsyncGenerator<string, GenerateAnswer> {
  let text = ''
  let answer: GenerateAnswer | undefined
  // Read to its end, so that the connection can be used again.
  for await (const { event, data } of events) {
    if (data === '[DONE]') continue
    const frame = parse(data)
    if (event === 'error') throw fromProblem(frame as Problem)
    if ('done' in frame) answer = { ...frame.done, text }
    if (!('delta' in frame)) continue
    text += frame.delta
    yield frame.delta
  }
  if (answer) return answer
  throw new ConnectionLost('the stream ended before the answer did')
}

function parse(data: string): StreamFrame | Problem {
  try {
    const frame: unknown = JSON.parse(data)
    if (typeof frame === 'object' && frame !== null) return frame as StreamFrame | Problem
  } catch {
    // Told below.
  }
  throw new ConnectionLost('the stream holds something that is no frame of it')
}
