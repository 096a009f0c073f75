import type { ServerResponse } from 'node:http'
import { decodeEvent, streamKey, toWire, UndecodableError } from '../bus/index.ts'
import { type Logger, messageOf } from '../kernel/index.ts'
import { type SseHub, sseFrame } from '../platform/http/index.ts'
import type { RedisClient } from '../platform/redis/index.ts'
import type { RawEntry, StreamEntry, StreamFollower } from '../platform/streams/index.ts'
import { type LivePlace, placeIn } from './place.ts'
import { readStreamState } from './stream-state.ts'

/** An entry's frame, made once however many clients it is sent to. */
export interface LiveFrame {
  id: string
  text: string
}

export function toLiveFrame(entry: StreamEntry, key: string): LiveFrame {
  const { id } = entry
  try {
    return { id, text: sseFrame(JSON.stringify(toWire(decodeEvent(key, entry))), { id }) }
  } catch (error) {
    if (!(error instanceof UndecodableError)) throw error
    return { id, text: sseFrame(JSON.stringify({ id, reason: error.message }), { id, event: 'undecodable' }) }
  }
}

/** A place, and the id of the entry behind it, if there is one: when another one comes, it has been trimmed meanwhile. */
export interface LiveStart extends LivePlace {
  next: string | undefined
}

export interface Live {
  /** Where a client begins that says `first`, `new` or the id of its last event. */
  start(type: string, from: string): Promise<LiveStart>
  /** Sends one client the events of a type as they come, until it leaves. */
  attach(response: ServerResponse, type: string, from: string, start: LiveStart): void
}

export interface LiveOptions {
  redis: RedisClient
  follower: StreamFollower<LiveFrame>
  hub: SseHub
  log: Logger
}

/** Milliseconds after which a standard client reconnects. */
const RECONNECT_AFTER = 1_000

export function createLive({ redis, follower, hub, log }: LiveOptions): Live {
  async function start(type: string, from: string): Promise<LiveStart> {
    const key = streamKey(type)
    const [next] = from === 'new' ? [] : await entryAfter(key, from)
    // Asked in this order, what is trimmed in between is noticed: here, or when another entry comes than the next.
    const place = placeIn(await readStreamState(redis, key), from)
    return { ...place, next: place.gap === undefined ? next?.[0] : undefined }
  }

  async function entryAfter(key: string, from: string): Promise<RawEntry[]> {
    const place = from === 'first' ? '-' : `(${from}`
    return (await redis.xrange(key, place, '+', 'COUNT', 1)) as RawEntry[]
  }

  return {
    start,
    attach(response, type, from, { after, gap, next: first }) {
      let cursor = after
      let next = first
      const connection = hub.open(response, { onDrain: () => void goOn(), onClose: () => following.close() })
      connection.send(`retry: ${RECONNECT_AFTER}\n\n`)
      if (gap !== undefined) sendGap(gap, from)
      const following = follower.follow({
        key: streamKey(type),
        after,
        deliver({ id, text }) {
          if (next !== undefined && next !== id) sendGap('trimmed', cursor)
          next = undefined
          cursor = id
          return connection.send(text)
        },
      })

      /** While a slow client was waited for, what comes next for it may have been trimmed. */
      async function goOn(): Promise<void> {
        try {
          const place = await start(type, cursor)
          if (place.gap !== undefined) sendGap(place.gap, cursor)
          next = place.next
          return following.seek(place.after)
        } catch (error) {
          log.debug({ type, reason: messageOf(error) }, 'looking for a gap failed')
        }
        following.resume()
      }

      function sendGap(reason: 'trimmed' | 'restarted', missedAfter: string): void {
        connection.send(
          sseFrame(JSON.stringify({ reason, after: missedAfter, event_type: type }), { event: 'gap' }),
        )
      }
    },
  }
}
