import { compareEntryIds } from '../platform/streams/index.ts'

/** What decides how much of a stream a group has not read. */
export interface ReadState {
  length: number
  first_id: string | null
  last_id: string | null
  last_generated_id: string
  entries_added: number | null
  last_delivered_id: string
  /** As Redis counts; null when it does not know. */
  entries_read: number | null
}

/**
 * Entries a group has not read, when that can be told without counting; undefined otherwise. Redis's own number is
 * not used: it is null after XDEL or SETID, and counts entries that were trimmed unread as if they still came.
 */
export function unreadAtSight({
  length,
  first_id,
  last_id,
  last_delivered_id,
}: ReadState): number | undefined {
  if (first_id === null || last_id === null || compareEntryIds(last_delivered_id, last_id) >= 0) return 0
  return compareEntryIds(last_delivered_id, first_id) < 0 ? length : undefined
}

/**
 * Entries that are gone although the group has not read them; null when that cannot be known. At least so many:
 * what was removed after it was read hides some of what was removed before.
 * @param counted how many entries had been removed when losses were last counted
 */
export function lostUnread(state: ReadState, counted = 0): number | null {
  if (state.entries_added === null) return null
  const removed = state.entries_added - state.length
  if (state.entries_read !== null) return Math.max(0, removed - Math.max(state.entries_read, counted))
  if (removed <= counted) return 0
  // A group that has not read yet has no number. It may have begun behind all that is gone, or before it.
  return compareEntryIds(state.last_delivered_id, state.first_id ?? state.last_generated_id) < 0 ? null : 0
}
