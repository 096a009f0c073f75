import type { GroupRow } from '../../../runtime/dashboard/index.ts'
import { age } from '../../format/duration.ts'
import { plain } from '../../format/plain.ts'
import type { Cell, Column, Pane } from '../pane.ts'
import { numberColumn, rateColumn, sparkColumn, textColumn } from './columns.ts'
import { groupTone, isGrowing, LIMITS, toneOf } from './tones.ts'

const alive: Column<GroupRow> = {
  id: 'alive',
  title: 'ALIVE',
  align: 'right',
  min: 6,
  max: 9,
  drop: 3,
  cell: ({ alive, consumers, no_consumers }) => {
    const text = `${alive ?? '?'}/${consumers}`
    return no_consumers ? { text, tone: 'bad' } : { text }
  },
  sortBy: (row) => row.alive,
}

const state: Column<GroupRow> = {
  id: 'state',
  title: 'STATE',
  align: 'left',
  min: 12,
  max: 12,
  drop: 1,
  cell: badge,
  sortBy: (row) => badge(row).text,
}

/** What one would say of a group in a word or two. */
export function badge(row: GroupRow): Cell {
  if (row.no_consumers) return { text: 'NO CONSUMERS', tone: 'bad' }
  const stuck = toneOf(row.oldest_idle_ms, LIMITS.idle)
  if (stuck) return { text: 'STUCK', tone: stuck }
  if (isGrowing(row.history)) return { text: 'GROWING', tone: 'warn' }
  if (row.lag === null) return { text: 'lag unknown', tone: 'dim' }
  const behind = toneOf(row.lag, LIMITS.lag)
  if (behind) return { text: 'BEHIND', tone: behind }
  return row.consumers === 0 ? { text: 'idle', tone: 'dim' } : { text: 'ok', tone: 'good' }
}

/** Every consumer group: what it has not got yet, what it has not finished, and who is there to do it. */
export const groups: Pane<GroupRow> = {
  name: 'groups',
  title: 'Groups',
  columns: [
    textColumn('stream', 'STREAM', (row) => row.stream, { min: 16, isName: true }),
    textColumn('group', 'GROUP', (row) => row.group, { min: 8, max: 24, isName: true }),
    numberColumn('lag', 'LAG', (row) => row.lag, { unknown: '?', tone: groupTone }),
    numberColumn('pending', 'PENDING', (row) => row.pending, { drop: 2 }),
    numberColumn('oldest', 'OLDEST', (row) => row.oldest_idle_ms, {
      format: age,
      drop: 4,
      tone: (row) => toneOf(row.oldest_idle_ms, LIMITS.idle),
    }),
    alive,
    state,
    rateColumn('out', 'OUT/S', (row) => row.out_rate, 6),
    sparkColumn(
      'trend',
      'LAG TREND',
      (row) => row.history,
      5,
      (row) => (isGrowing(row.history) ? 'warn' : undefined),
    ),
  ],
  rows: (snapshot) => snapshot.groups,
  key: (row) => JSON.stringify([row.stream, row.group]),
  text: (row) => `${row.stream} ${plain(row.group)} ${badge(row).text}`,
  sort: { column: 'lag', descending: true },
  open: (row) => ({ kind: 'group', stream: row.stream, group: row.group }),
  empty: 'No stream has a consumer group yet.',
}
