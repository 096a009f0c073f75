import { busError } from './errors.ts'

/** A place in a stream: an entry id, or a time (ISO 8601, a Date, or milliseconds since 1970). */
export type Place = string | number | Date

const ENTRY_ID = /^\d{1,16}-(\d{1,20})$/
const ISO = /^\d{4}-\d\d(-\d\d|$)/
/** The largest sequence number, and the latest time a Date can have. */
const MAX_SEQUENCE = 2n ** 64n - 1n
const MAX_TIME = 8_640_000_000_000_000

/**
 * The first (or last) entry id at a place.
 * @throws AgentctlError EVENT_CURSOR_INVALID
 */
export function entryIdAt(place: Place, edge: 'first' | 'last', field: string): string {
  const sequence = typeof place === 'string' ? ENTRY_ID.exec(place)?.[1] : undefined
  if (sequence !== undefined && BigInt(sequence) <= MAX_SEQUENCE) return String(place)
  const ms = millisecondsOf(place)
  if (ms >= 0 && ms <= MAX_TIME) return edge === 'first' ? `${ms}-0` : `${ms}-${MAX_SEQUENCE}`
  throw busError('EVENT_CURSOR_INVALID', `${JSON.stringify(place)} is neither an entry id nor a time`, {
    field,
  })
}

/**
 * The entry id after which to begin: that id itself, or the last one before a time.
 * @throws AgentctlError EVENT_CURSOR_INVALID
 */
export function entryIdBefore(place: Place, field: string): string {
  const id = entryIdAt(place, 'first', field)
  const ms = Number.parseInt(id, 10)
  return id === place || ms === 0 ? id : `${ms - 1}-${MAX_SEQUENCE}`
}

function millisecondsOf(place: Place): number {
  if (typeof place === 'number') return Math.floor(place)
  if (place instanceof Date) return place.getTime()
  if (/^\d+$/.test(place)) return Number(place)
  return ISO.test(place) ? Date.parse(place) : Number.NaN // other text may be parsed as any time at all
}
