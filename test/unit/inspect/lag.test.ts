import { describe, expect, it } from 'vitest'
import { lostUnread, type ReadState, unreadAtSight } from '../../../src/runtime/inspect/lag.ts'

/** Ten entries, 11-0 to 20-0, of which none is read; what was before 11-0 never existed. */
const state = (changes: Partial<ReadState>): ReadState => ({
  length: 10,
  first_id: '11-0',
  last_id: '20-0',
  last_generated_id: '20-0',
  entries_added: 10,
  last_delivered_id: '0-0',
  entries_read: 0,
  ...changes,
})
const EMPTY = { length: 0, first_id: null, last_id: null }

describe('unreadAtSight', () => {
  it.each([
    ['everything, before the first entry', {}, 10],
    ['nothing, at the last entry', { last_delivered_id: '20-0' }, 0],
    ['nothing, beyond the last entry', { last_delivered_id: '21-0' }, 0],
    ['nothing, of an empty stream', EMPTY, 0],
    ['all but the first, at the first entry: that must be counted', { last_delivered_id: '11-0' }, undefined],
    ['something, in the middle: that must be counted', { last_delivered_id: '15-0' }, undefined],
  ])('is %s', (_what, changes, unread) => {
    expect(unreadAtSight(state(changes))).toBe(unread)
  })
})

describe('lostUnread', () => {
  it.each<[string, Partial<ReadState>, number, number | null]>([
    ['nothing, when nothing was removed', {}, 0, 0],
    ['nothing, when only read entries were removed', { entries_added: 15, entries_read: 5 }, 0, 0],
    ['what was removed beyond what was read', { entries_added: 15, entries_read: 2 }, 0, 3],
    [
      'everything unread of a stream that was emptied',
      { ...EMPTY, entries_added: 15, entries_read: 4 },
      0,
      11,
    ],
    ['only what has not been counted before', { entries_added: 15, entries_read: 2 }, 4, 1],
    ['nothing, when all has been counted before', { entries_added: 15, entries_read: 2 }, 5, 0],
    ['unknown, before the first reading', { entries_added: 15, entries_read: null }, 0, null],
    ['unknown, of an emptied stream', { ...EMPTY, entries_added: 5, entries_read: null }, 0, null],
    ['nothing, before the first reading of a whole stream', { entries_read: null }, 0, 0],
    [
      'nothing, for a group that begins at the end of an emptied stream',
      { ...EMPTY, entries_added: 5, entries_read: null, last_delivered_id: '20-0' },
      0,
      0,
    ],
    ['unknown on servers that do not count', { entries_added: null }, 0, null],
  ])('is %s', (_what, changes, counted, lost) => {
    expect(lostUnread(state(changes), counted)).toBe(lost)
  })
})
