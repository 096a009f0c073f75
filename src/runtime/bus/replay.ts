import { type Logger, messageOf } from '../kernel/index.ts'
import type { RedisClient } from '../platform/redis/index.ts'
import type { RawEntry } from '../platform/streams/index.ts'
import { enterSpan, passingTracer } from '../platform/tracing/index.ts'
import { busError } from './errors.ts'
import type { BusEvent, EventHandler } from './event.ts'
import { readHistory } from './history.ts'
import { checkEventType, streamKey } from './keys.ts'
import type { Place } from './places.ts'
import { handling } from './spans.ts'

export interface ReplayOptions<T = unknown> {
  /** First event to replay; the oldest when left out. */
  from?: Place
  /** Last event to replay; the newest at the time of the call when left out. */
  to?: Place
  /** Gets each event in order, one after the other, with `replay: true`. */
  handler: EventHandler<T>
  /** Goes on after failures, and counts them. */
  keepGoing?: boolean
  signal?: AbortSignal
  onProgress?(progress: ReplayResult, event: BusEvent<T>): void
}

export interface ReplayResult {
  handled: number
  failed: number
  /** Entries that are no events. */
  undecodable: number
}

const PAGE = 500

/**
 * Hands past events to a handler. It reads with a cursor of its own: no group is touched, nothing is acknowledged, and
 * no reply is sent.
 * @throws AgentctlError EVENT_REPLAY_STOPPED naming the entry to resume from, EVENT_TYPE_INVALID, EVENT_CURSOR_INVALID
 */
export async function replayEvents<T>(
  redis: RedisClient,
  type: string,
  { from, to, handler, keepGoing = false, signal, onProgress }: ReplayOptions<T>,
  log: Logger,
): Promise<ReplayResult> {
  const result: ReplayResult = { handled: 0, failed: 0, undecodable: 0 }
  const never = new AbortController().signal
  const last = to ?? (await newestId(redis, type))
  if (last === undefined) return result
  for (let next: Place | null | undefined = from; next !== null; ) {
    const page = await readHistory(redis, type, {
      ...(next === undefined ? {} : { from: next }),
      to: last,
      limit: PAGE,
    })
    result.undecodable += page.undecodable.length
    for (const event of page.events as BusEvent<T>[]) {
      if (signal?.aborted) return result
      const context = {
        event,
        group: '',
        consumer: 'replay',
        delivery: 1,
        replay: true,
        signal: signal ?? never,
        log,
      }
      try {
        await enterSpan(passingTracer, ...handling(event, '', 1), () => handler(event.data, context))
        result.handled++
      } catch (cause) {
        if (!keepGoing) {
          const what = `entry ${event.entryId} of ${type}, after ${result.handled} events: ${messageOf(cause)}`
          throw busError('EVENT_REPLAY_STOPPED', what, { cause })
        }
        result.failed++
        log.warn(
          { type, entry: event.entryId, reason: messageOf(cause) },
          'a handler failed, the replay goes on',
        )
      }
      onProgress?.(result, event)
    }
    next = page.next
  }
  return result
}

/** By the server's clock, not by that of this machine. */
async function newestId(redis: RedisClient, type: string): Promise<string | undefined> {
  const [newest] = (await redis.xrevrange(
    streamKey(checkEventType(type)),
    '+',
    '-',
    'COUNT',
    1,
  )) as RawEntry[]
  return newest?.[0]
}
