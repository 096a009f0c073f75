import { createParser, type EventSourceMessage } from 'eventsource-parser'
import { errors, request } from 'undici'
import { AgentctlError, messageOf, type Problem } from '../../kernel/index.ts'
import { fromProblem } from './from-problem.ts'

export interface SseRequest {
  url: string
  method: 'GET' | 'POST'
  body?: object | undefined
  headers?: Readonly<Record<string, string>>
  /** Continue after this event. */
  lastEventId?: string | undefined
  signal: AbortSignal
  /** Told when the server has nothing more (204), as opposed to a stream that has ended. */
  onNoContent(): void
  /** Told about everything that arrives, heartbeats included. */
  onAlive(): void
}

/** The connection broke or could not be made: worth trying again. */
export class ConnectionLost extends Error {}

/** Milliseconds without a byte, heartbeats included, after which a connection counts as dead. */
const SILENCE = 30_000

/**
 * Reads an event stream until the server ends it.
 * @throws ConnectionLost, or the server's problem as an AgentctlError
 */
export async function* readEvents({
  url,
  method,
  body,
  headers,
  lastEventId,
  signal,
  onNoContent,
  onAlive,
}: SseRequest): AsyncGenerator<EventSourceMessage> {
  const events: EventSourceMessage[] = []
  const parser = createParser({ onEvent: (event) => events.push(event) })
  try {
    const response = await request(url, {
      method,
      signal,
      bodyTimeout: SILENCE,
      headers: {
        ...headers,
        accept: 'text/event-stream',
        ...(lastEventId === undefined ? {} : { 'last-event-id': lastEventId }),
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      },
      body: body === undefined ? null : JSON.stringify(body),
    })
    if (response.statusCode === 204) return onNoContent()
    if (response.statusCode !== 200) throw await refusal(response)
    onAlive()
    response.body.setEncoding('utf8')
    for await (const chunk of response.body) {
      onAlive()
      parser.feed(chunk as string)
      yield* events.splice(0)
    }
  } catch (error) {
    if (signal.aborted || !isNetworkError(error)) throw error
    throw new ConnectionLost(messageOf(error), { cause: error })
  }
}

async function refusal(response: { statusCode: number; body: { text(): Promise<string> } }): Promise<Error> {
  const text = await response.body.text()
  try {
    return fromProblem(JSON.parse(text) as Problem)
  } catch {
    return new ConnectionLost(`the server answered ${response.statusCode}`)
  }
}

const NETWORK = /^(E(?!RR_)[A-Z]{2}[A-Z_]*|UND_ERR_(?!INVALID|DESTROYED|CLOSED).*)$/
const TLS = /^(ERR_SSL_|ERR_TLS_|CERT_|UNABLE_TO_|SELF_SIGNED_|DEPTH_ZERO_)/

/**
 * Whether a driver failed because of the network, or because of a server that does not speak HTTP or proves not who it is;
 * not when the client was closed in the middle of it.
 */
export function isNetworkError(error: unknown): boolean {
  if (error instanceof AgentctlError) return false // a code of ours may look like one of theirs
  if (error instanceof errors.HTTPParserError) return true
  const code = (error as { code?: unknown }).code
  return typeof code === 'string' && (NETWORK.test(code) || TLS.test(code))
}
