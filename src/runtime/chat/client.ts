import { setTimeout as pause } from 'node:timers/promises'
import { AgentctlError, type Problem } from '../kernel/index.ts'
import { bearerHeaders, ConnectionLost, fromProblem, readEvents } from '../platform/http/index.ts'
import { DONE } from './entry.ts'
import { chatError } from './errors.ts'
import type { Chat, ChatBody, ChatMessage } from './messages.ts'

export type ChatEvent =
  | { type: 'message'; id: string; message: ChatMessage }
  /** Messages are missing, or the answer began anew. */
  | { type: 'gap'; reason: string }
  /** The connection was lost and is made again. */
  | { type: 'reconnecting'; why: string }

export interface FollowChatOptions {
  /** Base URL of a gateway. */
  url: string
  /** Shown to it. */
  apiKey?: string | undefined
  chat: Chat
  body?: ChatBody | undefined
  /** Milliseconds without any success after which a lost connection is given up. */
  retryFor: number
  signal: AbortSignal
}

const FIRST_DELAY = 100
const LONGEST_DELAY = 2_000

/**
 * Starts or joins a chat and yields its messages once each, in order, over as many connections as it takes.
 * @throws AgentctlError what the gateway refuses, the chat's error, or CHAT_UNREACHABLE
 */
export async function* followChat({
  url,
  apiKey,
  chat,
  body,
  retryFor,
  signal,
}: FollowChatOptions): AsyncGenerator<ChatEvent> {
  const target = streamUrl(url)
  target.search = new URLSearchParams({ feature_id: chat.feature, chat_id: chat.chat }).toString()
  let lastEventId: string | undefined
  let succeededAt = Date.now()
  let delay = FIRST_DELAY
  let finished = false
  const onAlive = () => {
    succeededAt = Date.now()
    delay = FIRST_DELAY
  }
  const onNoContent = () => {
    finished = true
  }
  for (;;) {
    let why = 'the gateway closed the connection'
    try {
      for await (const event of readEvents({
        url: target.href,
        method: 'POST',
        headers: bearerHeaders(apiKey),
        body,
        lastEventId,
        signal,
        onNoContent,
        onAlive,
      })) {
        if (event.event === 'error') throw fromProblem(JSON.parse(event.data) as Problem)
        if (event.data === DONE) return
        if (event.event === 'gap') {
          lastEventId = undefined
          yield { type: 'gap', reason: (JSON.parse(event.data) as { reason: string }).reason }
          continue
        }
        lastEventId = event.id ?? lastEventId
        yield { type: 'message', id: event.id ?? '', message: JSON.parse(event.data) as ChatMessage }
      }
      if (finished) return
    } catch (error) {
      if (!isWorthRetrying(error)) throw error
      why = error.message
    }
    if (Date.now() - succeededAt >= retryFor) throw chatError('CHAT_UNREACHABLE', `${url}: ${why}`)
    yield { type: 'reconnecting', why }
    await pause(delay, undefined, { signal })
    delay = Math.min(delay * 2, LONGEST_DELAY)
  }
}

/** A lost connection, or a gateway that cannot reach Redis just now; not an end of the chat itself. */
function isWorthRetrying(error: unknown): error is Error {
  return (
    error instanceof ConnectionLost || (error instanceof AgentctlError && error.code === 'REDIS_UNREACHABLE')
  )
}

function streamUrl(base: string): URL {
  if (URL.canParse(base) && /^https?:/.test(base)) return new URL('/stream', base)
  throw chatError('CHAT_URL_INVALID', `"${base}" is not an http:// or https:// address`, {
    field: 'gatewayUrl',
  })
}
