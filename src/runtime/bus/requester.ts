import { randomUUID } from 'node:crypto'
import type { Logger } from '../kernel/index.ts'
import type { RedisClient } from '../platform/redis/index.ts'
import { BEGINNING, createStreamFollower, type StreamEntry } from '../platform/streams/index.ts'
import { inSpan } from '../platform/tracing/index.ts'
import { checkEventId } from './envelope.ts'
import { busError } from './errors.ts'
import { responseKey } from './keys.ts'
import type { Publisher, PublishOptions } from './publisher.ts'
import { REPLY_TTL, type ReplyData } from './replier.ts'
import { publishing } from './spans.ts'

export interface RequestOptions extends PublishOptions {
  /** Milliseconds to wait for the reply. */
  timeout?: number
}

/** What a responder of this bus answers: its handler's result. A foreign responder may answer any JSON object. */
export interface Reply<T = unknown> {
  status: 'success'
  result: T
  [field: string]: unknown
}

export interface Requester {
  /**
   * Publishes an event and waits for the reply.
   * @throws AgentctlError EVENT_REQUEST_TIMEOUT, EVENT_REQUEST_FAILED, and those of `send`
   */
  request<T>(type: string, data: Record<string, unknown>, options?: RequestOptions): Promise<Reply<T>>
  /** Ends what is waiting. */
  close(): void
}

export interface RequesterOptions {
  redis: RedisClient
  /** For SUBSCRIBE. */
  subscriber: RedisClient
  publisher: Publisher
  log: Logger
}

/** What a request is waiting for when its bus is closed. */
const CLOSED = Symbol('closed')
const TIMEOUT = 30_000
/** Milliseconds between two looks for the replies of foreign responders, which announce nothing. */
const LOOK = 200

export function createRequester({ redis, subscriber, publisher, log }: RequesterOptions): Requester {
  const ends = new Set<() => void>()
  const follower = createStreamFollower({ redis, subscriber, decode: (entry) => entry, log, sweep: LOOK })

  return {
    async request<T>(
      type: string,
      data: Record<string, unknown>,
      { timeout = TIMEOUT, ...options }: RequestOptions = {},
    ) {
      if (typeof data !== 'object' || data === null || Array.isArray(data)) {
        throw busError('EVENT_DATA_INVALID', 'the data of a request is a JSON object', { field: 'data' })
      }
      const correlationId = options.eventId ?? options.correlationId ?? randomUUID()
      const key = responseKey(checkEventId(correlationId))
      const envelope = { response_stream: key, response_deadline: Date.now() + timeout }
      const waiting = waitFor(key, timeout)
      try {
        // Listening already: a reply cannot be faster.
        const entry = await inSpan(...publishing(type, 'request'), async () => {
          await publisher.send(type, data, { ...options, eventId: correlationId, timeout }, envelope)
          return waiting.entry
        })
        if (entry === CLOSED) throw busError('BUS_STATE', 'the bus was closed while a request was waiting')
        if (!entry) {
          throw busError(
            'EVENT_REQUEST_TIMEOUT',
            `no reply to ${type} (${correlationId}) within ${timeout / 1_000} s`,
          )
        }
        return readReply<T>(type, entry)
      } finally {
        waiting.stop()
        // Not removed: whoever asks again with the same event id gets the same reply. Foreign ones need an end, though.
        redis.pexpire(key, REPLY_TTL).catch(() => {})
      }
    },
    close() {
      for (const end of ends) end()
      follower.close()
    },
  }

  function waitFor(key: string, timeout: number) {
    let stop = () => {}
    const entry = new Promise<StreamEntry | typeof CLOSED | undefined>((resolve) => {
      const following = follower.follow({
        key,
        after: BEGINNING,
        deliver(reply) {
          resolve(reply)
          return false
        },
      })
      const timer = setTimeout(() => resolve(undefined), timeout)
      const end = () => resolve(CLOSED)
      ends.add(end)
      stop = () => {
        ends.delete(end)
        clearTimeout(timer)
        following.close()
      }
    })
    return { entry, stop: () => stop() }
  }
}

function readReply<T>(type: string, { fields }: StreamEntry): Reply<T> {
  let reply: ReplyData | undefined
  try {
    reply = JSON.parse(fields.data ?? '') as ReplyData
  } catch {
    throw busError('EVENT_REQUEST_FAILED', `the reply to ${type} is no JSON`)
  }
  if (reply?.status === 'error') {
    const message = reply.error?.message ?? JSON.stringify(reply)
    throw busError('EVENT_REQUEST_FAILED', `${type}: ${message}`)
  }
  return reply as Reply<T>
}
