import { createParser, type EventSourceMessage } from 'eventsource-parser'
import { request } from 'undici'
import type { ChatMessage } from '../../src/runtime/chat/index.ts'

export interface StreamRequest {
  method?: 'GET' | 'POST'
  feature?: string
  chat: string
  body?: object
  lastEventId?: string
  headers?: Record<string, string>
  /** Leaves after this many frames, as a client that loses its connection would. */
  leaveAfter?: number
  /** Told about every frame. */
  onFrame?: (frame: EventSourceMessage) => void
}

export interface StreamResult {
  status: number
  frames: EventSourceMessage[]
  /** Payloads of the data frames before the end. */
  messages: ChatMessage[]
  done: boolean
  text: string
}

/** Reads one chat stream of a gateway to its end. */
export async function readStream(base: string, options: StreamRequest): Promise<StreamResult> {
  const {
    method = 'POST',
    feature = 'test',
    chat,
    body,
    lastEventId,
    headers = {},
    leaveAfter = Infinity,
    onFrame,
  } = options
  const url = new URL('/stream', base)
  url.search = new URLSearchParams({ feature_id: feature, chat_id: chat }).toString()
  const frames: EventSourceMessage[] = []
  const parser = createParser({
    onEvent(frame) {
      frames.push(frame)
      onFrame?.(frame)
    },
  })
  const controller = new AbortController()
  const response = await request(url, {
    method,
    signal: controller.signal,
    bodyTimeout: 0,
    headersTimeout: 0,
    headers: {
      ...headers,
      ...(lastEventId === undefined ? {} : { 'last-event-id': lastEventId }),
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
    },
    body: body === undefined ? null : JSON.stringify(body),
  })
  let text = ''
  response.body.setEncoding('utf8')
  try {
    for await (const chunk of response.body) {
      text += chunk
      parser.feed(chunk as string)
      if (frames.length >= leaveAfter) controller.abort()
    }
  } catch (error) {
    if (!controller.signal.aborted && response.statusCode === 200 && !isReset(error)) throw error
  }
  return { status: response.statusCode, frames, text, ...summarise(frames) }
}

function isReset(error: unknown): boolean {
  return /ECONNRESET|UND_ERR_SOCKET/.test(String((error as { code?: string }).code))
}

function summarise(frames: EventSourceMessage[]) {
  const data = frames.filter((frame) => frame.event === undefined || frame.event === 'message')
  return {
    done: data.at(-1)?.data === '[DONE]',
    messages: data
      .filter((frame) => frame.data !== '[DONE]')
      .map((frame) => JSON.parse(frame.data) as ChatMessage),
  }
}

/** The `id`s of messages, which count from "0". */
export function numbers(messages: readonly ChatMessage[]): number[] {
  return messages.map((message) => Number(message.id))
}

/** 0, 1, … */
export function upTo(count: number): number[] {
  return Array.from({ length: count }, (_, i) => i)
}
