import { parseEntryId } from '../platform/streams/index.ts'
import { busError } from './errors.ts'

/** A place in a stream: an entry id, or a time (ISO 8601, a Date, or milliseconds since 1970). */
export type Place = string | number | Date

/**
 * The first (or last) entry id at a place.
 * @throws AgentctlError EVENT_CURSOR_INVALID
 */
export function entryIdAt(place: Place, edge: 'first' | 'last', field: string): string {
  const id = typeof place === 'string' && /^\d+-\d+$/.test(place) ? place : undefined
  if (id !== undefined && parseEntryId(id)) return id
  const ms = millisecondsOf(place)
  if (Number.isFinite(ms) && ms >= 0) return edge === 'first' ? `${ms}-0` : `${ms}-18446744073709551615`
  throw busError('EVENT_CURSOR_INVALID', `${JSON.stringify(place)} is neither an entry id nor a time`, {
    field,
  })
}

function millisecondsOf(place: Place): number {
  if (typeof place === 'number') return Math.floor(place)
  if (place instanceof Date) return place.getTime()
  return /^\d+$/.test(place) ? Number(place) : Date.parse(place)
}
