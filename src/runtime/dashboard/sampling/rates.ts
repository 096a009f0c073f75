import { unreadAtSight } from '../../inspect/index.ts'
import type { GroupReading, StreamReading } from './readings.ts'

/** Per second; null where time stood still, or where what is counted was begun anew. */
function perSecond(more: number, ms: number): number | null {
  return ms <= 0 || more < 0 ? null : (more / ms) * 1_000
}

/**
 * Entries added per second between two readings. Redis counts them since version 7; before, the length tells as long as
 * nothing is removed.
 */
export function inRate(before: StreamReading, after: StreamReading, ms: number): number | null {
  if (before.added !== null && after.added !== null) return perSecond(after.added - before.added, ms)
  if (before.last_generated_id === after.last_generated_id) return perSecond(0, ms)
  const more = after.length - before.length
  return more > 0 ? perSecond(more, ms) : null
}

/** Entries delivered per second to a group between two readings; null where Redis does not count them. */
export function outRate(before: GroupReading, after: GroupReading, ms: number): number | null {
  if (before.entries_read !== null && after.entries_read !== null)
    return perSecond(after.entries_read - before.entries_read, ms)
  return before.last_delivered_id === after.last_delivered_id ? perSecond(0, ms) : null
}

/**
 * Entries a group has not read: at sight where that is possible, else what Redis counts, unless that is more than there can
 * be. Null when neither knows.
 * @param stream undefined when nothing is known of it, or nothing that is current
 */
export function lagOf(stream: StreamReading | undefined, length: number, group: GroupReading): number | null {
  if (stream !== undefined) {
    const { last_delivered_id, entries_read } = group
    const state = { ...stream, entries_added: stream.added, last_delivered_id, entries_read }
    const unread = unreadAtSight(state)
    if (unread !== undefined) return unread
  }
  return group.lag !== null && group.lag <= length ? group.lag : null
}

/** The sum; null when a part of it is unknown. */
export function sumOrNull(parts: readonly (number | null)[]): number | null {
  let sum = 0
  for (const part of parts) {
    if (part === null) return null
    sum += part
  }
  return sum
}
