import { randomUUID } from 'node:crypto'
import { FatalError, messageOf } from '../kernel/index.ts'
import { loadScript, type RedisClient } from '../platform/redis/index.ts'
import { encodeData } from './envelope.ts'
import type { BusEvent } from './event.ts'

const replyScript = loadScript(import.meta.url, 'reply', 1)

/** What a responder answers. */
export type ReplyData =
  | { status: 'success'; result: unknown }
  | { status: 'error'; error: { reason: string; message: string } }

export interface Replier {
  /** Writes the reply to a request; true when its requester no longer waits. */
  reply(request: BusEvent, data: ReplyData): Promise<boolean>
}

/** Milliseconds a reply waits for its requester. */
export const REPLY_TTL = 60_000

export function createReplier(redis: RedisClient): Replier {
  return {
    async reply({ eventId, type, responseStream, deadline }, data) {
      if (responseStream === undefined) return false
      const fields = {
        event_id: randomUUID(),
        event_type: type,
        timestamp: new Date().toISOString(),
        correlation_id: eventId,
        data: encodeReply(data),
      }
      await replyScript(redis, [responseStream], [REPLY_TTL, ...Object.entries(fields).flat()])
      return deadline !== undefined && deadline < Date.now()
    },
  }
}

/** What cannot be written now never can: there is no use in doing the work again. */
function encodeReply(data: ReplyData): string {
  try {
    return encodeData(data)
  } catch (cause) {
    throw new FatalError(`the reply cannot be sent: ${messageOf(cause)}`, { cause })
  }
}
