import { BEGINNING, compareEntryIds, parseEntryId } from '../platform/streams/index.ts'
import { isEnd } from './entry.ts'
import { chatError } from './errors.ts'
import type { ChatState } from './transcript.ts'

/** Where a client that comes back goes on. */
export interface ResumePoint {
  after: string
  /** Messages after the client's cursor that can no longer be delivered, or that belong to another run. */
  gap?: 'expired' | 'restarted'
  /** The client has everything: there is nothing to wait for. */
  finished?: true
}

/**
 * Decides where to go on for a client whose last frame was `cursor`.
 * @param firstId id of the oldest entry in the stream
 * @throws AgentctlError CHAT_CURSOR_INVALID
 */
export function resumePoint(
  cursor: string | undefined,
  firstId: string,
  newest: Pick<ChatState, 'kind' | 'id'>,
): ResumePoint {
  if (cursor === undefined) return { after: BEGINNING }
  checkCursor(cursor)
  const ahead = compareEntryIds(cursor, newest.id)
  if (ahead >= 0 && sameRun(cursor, newest.id)) {
    // Ahead of its own run: Redis came back without its last second, and the worker writes it again.
    return isEnd(newest) ? { after: cursor, finished: true } : { after: cursor }
  }
  if (ahead > 0) return { after: BEGINNING, gap: 'restarted' }
  if (!reaches(cursor, firstId)) return { after: BEGINNING, gap: 'expired' }
  return { after: cursor }
}

/** @throws AgentctlError CHAT_CURSOR_INVALID */
export function checkCursor(cursor: string): void {
  if (parseEntryId(cursor)) return
  throw chatError('CHAT_CURSOR_INVALID', `"${cursor.slice(0, 100)}" is not the id of a frame`, {
    field: 'last_event_id',
  })
}

/** All entries of a run share the first part of their ids. */
function sameRun(a: string, b: string): boolean {
  return parseEntryId(a)?.[0] === parseEntryId(b)?.[0]
}

/** Whether nothing is missing between a cursor and the oldest entry that is left. */
function reaches(cursor: string, firstId: string): boolean {
  const [ms, seq] = parseEntryId(cursor) as readonly [number, number]
  return compareEntryIds(cursor, firstId) >= 0 || compareEntryIds(`${ms}-${seq + 1}`, firstId) === 0
}
