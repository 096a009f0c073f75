import { BEGINNING, parseEntryId } from '../platform/streams/index.ts'
import { inspectError } from './errors.ts'

/** A place in a stream: its two ends, behind an entry, or before all entries from some time on. */
export type Place = { at: 'first' } | { at: 'new' } | { at: 'id'; after: string } | { at: 'time'; ms: number }

/**
 * `first`, `new`, an entry id, milliseconds since 1970, or a date and time as in ISO 8601 (UTC when no zone is given).
 * @throws AgentctlError GROUP_PLACE_INVALID
 */
export function parsePlace(text: string): Place {
  if (text === 'first' || text === 'new') return { at: text }
  if (text === '0') return { at: 'id', after: BEGINNING }
  if (parseEntryId(text)) return { at: 'id', after: text }
  if (/^\d{10,15}$/.test(text)) return { at: 'time', ms: Number(text) }
  const iso = /^\d{4}-\d\d-\d\d(T\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:\d\d)?)?$/.exec(text)
  const ms = iso ? Date.parse(iso[1] !== undefined && iso[4] === undefined ? `${text}Z` : text) : Number.NaN
  if (Number.isNaN(ms))
    throw inspectError('GROUP_PLACE_INVALID', `"${text}" is neither an entry id nor a time`, { field: 'to' })
  return { at: 'time', ms }
}

/**
 * Complete entry ids.
 * @throws AgentctlError ENTRY_ID_INVALID
 */
export function parseIds(texts: readonly string[]): readonly string[] {
  const wrong = texts.find((text) => !parseEntryId(text))
  if (wrong === undefined) return texts
  throw inspectError('ENTRY_ID_INVALID', `"${wrong}" is not an entry id`)
}
