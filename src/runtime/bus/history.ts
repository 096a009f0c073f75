import type { RedisClient } from '../platform/redis/index.ts'
import { type RawEntry, toEntry } from '../platform/streams/index.ts'
import { decodeEvent, UndecodableError } from './envelope.ts'
import { busError } from './errors.ts'
import type { BusEvent } from './event.ts'
import { checkEventType, streamKey } from './keys.ts'
import { entryIdAt, type Place } from './places.ts'

export interface HistoryOptions {
  /** First event wanted; the oldest when left out. */
  from?: Place
  /** Last event wanted; the newest when left out. */
  to?: Place
  /** Events on a page, 1 to 1,000. */
  limit?: number
  order?: 'asc' | 'desc'
}

export interface HistoryPage {
  events: BusEvent[]
  /** Entries of this page that are no events. */
  undecodable: { entryId: string; reason: string }[]
  /** Where the next page begins: `from` in ascending order, `to` in descending; null at the end. */
  next: string | null
}

const LIMIT = 100
const MAX_LIMIT = 1_000

/**
 * One page of the events of a type. It only reads: no group is touched.
 * @throws AgentctlError EVENT_TYPE_INVALID, EVENT_CURSOR_INVALID
 */
export async function readHistory(
  redis: RedisClient,
  type: string,
  { from, to, limit = LIMIT, order = 'asc' }: HistoryOptions = {},
): Promise<HistoryPage> {
  const stream = streamKey(checkEventType(type))
  if (!Number.isInteger(limit) || limit < 1 || limit > MAX_LIMIT) {
    throw busError('EVENT_CURSOR_INVALID', `a page has 1 to ${MAX_LIMIT} events, not ${limit}`, {
      field: 'limit',
    })
  }
  const low = from === undefined ? '-' : entryIdAt(from, 'first', 'from')
  const high = to === undefined ? '+' : entryIdAt(to, 'last', 'to')
  const raws = (await (order === 'asc'
    ? redis.xrange(stream, low, high, 'COUNT', limit + 1)
    : redis.xrevrange(stream, high, low, 'COUNT', limit + 1))) as RawEntry[]
  const page: HistoryPage = { events: [], undecodable: [], next: raws[limit]?.[0] ?? null }
  for (const raw of raws.slice(0, limit)) {
    try {
      page.events.push(decodeEvent(stream, toEntry(raw)))
    } catch (error) {
      if (!(error instanceof UndecodableError)) throw error
      page.undecodable.push({ entryId: raw[0], reason: error.message })
    }
  }
  return page
}
