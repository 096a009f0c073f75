import type { ChatMessage } from '../../../src/runtime/chat/index.ts'
import type { Chat } from '../../../src/runtime/chat/messages.ts'
import { now } from '../support/clock.ts'

/** The chat that client number `stream` reads. */
export function chatOf(stream: number): Chat {
  return { feature: 'bench', chat: `c${stream}` }
}

/** The same for every relay. */
export function pathOf(stream: number): string {
  const { feature, chat } = chatOf(stream)
  return `/stream?feature_id=${feature}&chat_id=${chat}`
}

/** About what a model's token chunk looks like. */
const TEXT = 'The quick brown fox jumps over the lazy dog. '

/** A message in the product's own format, stamped with the moment of its making. */
export function writeMessage(stream: number, seq: number): string {
  const { feature, chat } = chatOf(stream)
  const message: ChatMessage = {
    id: String(seq),
    feature_id: feature,
    chat_id: chat,
    message: { sent: now(), text: TEXT },
    timestamp: new Date().toISOString(),
    container_id: 'bench',
    container_feature_id: feature,
    worker: 'bullmq',
  }
  return JSON.stringify(message)
}

/** @returns number of the message in its stream, and when it was made on the clock of `now()` */
export function readMessage(data: string): { chat: string; seq: number; sent: number } {
  const { id, chat_id, message } = JSON.parse(data) as ChatMessage & { message: { sent: number } }
  return { chat: chat_id, seq: Number(id), sent: message.sent }
}
