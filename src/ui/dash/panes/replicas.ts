import type { ReplicaRow, Snapshot } from '../../../runtime/dashboard/index.ts'
import { age } from '../../format/duration.ts'
import { bytes } from '../../format/number.ts'
import { plain } from '../../format/plain.ts'
import type { Column, Pane } from '../pane.ts'
import { scaledAs } from './autoscale.ts'
import { numberColumn, sparkColumn, textColumn } from './columns.ts'
import { type RoleSummary, readiness, rolesOf } from './roles.ts'
import { breakerTone, stateTone } from './tones.ts'

/** A role, or one of its replicas below it. */
export type ReplicaLine =
  | { readonly of: 'role'; readonly summary: RoleSummary }
  | { readonly of: 'replica'; readonly row: ReplicaRow; readonly now: number }

/** Rows of roles have no value to sort by other than their name: they go last then. */
const one =
  <T>(value: (row: ReplicaRow, now: number) => T) =>
  (line: ReplicaLine): T | null =>
    line.of === 'replica' ? value(line.row, line.now) : null

const name: Column<ReplicaLine> = {
  id: 'name',
  title: 'REPLICA',
  align: 'left',
  isName: true,
  min: 14,
  max: 34,
  drop: 0,
  cell: (line) =>
    line.of === 'role'
      ? { text: plain(line.summary.role), tone: 'accent' }
      : { text: `  ${plain(line.row.name)}` },
  sortBy: (line) => (line.of === 'role' ? line.summary.role : `${line.row.role} ${line.row.name}`),
}

const state: Column<ReplicaLine> = {
  id: 'state',
  title: 'STATE',
  align: 'left',
  min: 10,
  max: 14,
  drop: 0,
  cell(line) {
    if (line.of === 'role') return readiness(line.summary)
    const { state } = line.row
    return { text: state ?? 'registered', tone: stateTone(state) }
  },
  sortBy: one((row) => row.state),
}

/** Of a replica, or of all of a role; sorted by those of replicas. */
function amount(
  id: string,
  title: string,
  key: 'restarts' | 'rss' | 'load',
  shape: Parameters<typeof numberColumn<ReplicaLine>>[3],
): Column<ReplicaLine> {
  const own = (row: ReplicaRow) => (key === 'load' ? (row.pool?.load ?? null) : row[key])
  return {
    ...numberColumn<ReplicaLine>(
      id,
      title,
      (line) => (line.of === 'role' ? line.summary[key] : own(line.row)),
      shape,
    ),
    sortBy: one(own),
  }
}

/** Blank for roles. */
function ofReplicas(column: Column<ReplicaLine>): Column<ReplicaLine> {
  return { ...column, cell: (line) => (line.of === 'role' ? { text: '' } : column.cell(line)) }
}

const breaker = ({ pool }: ReplicaRow) => pool?.breaker ?? null
const pid = (row: ReplicaRow) => row.pid
const url = (row: ReplicaRow) => row.url

/** Why it is not well, or why it gets no requests. */
function noteOf(row: ReplicaRow): string {
  const open = breakerTone(row.pool?.breaker) === 'bad' ? 'breaker open' : ''
  return [whyNot(row), open].filter(Boolean).join('; ')
}

/** Why a role has as many as it has. */
function roleNote(line: ReplicaLine): string {
  if (line.of !== 'role' || line.summary.autoscale === null) return ''
  return scaledAs(line.summary.autoscale)
}

/** Why it is not well; empty while it is. */
export function whyNot({ state, failure, last_exit: exit }: ReplicaRow): string {
  if (failure !== null) return failure
  return exit !== null && state !== 'ready' ? exit : ''
}

/** Milliseconds since it became ready. */
export function uptime(row: ReplicaRow, now: number): number | null {
  return row.ready_since === null ? null : Math.max(0, now - Date.parse(row.ready_since))
}

/** Every role with its replicas: those of the supervisor, and those that only a pool of the balancer knows. */
export const replicas: Pane<ReplicaLine> = {
  name: 'replicas',
  title: 'Replicas',
  columns: [
    name,
    state,
    amount('restarts', 'RESTARTS', 'restarts', {
      drop: 4,
      tone: (line) => (line.of === 'replica' && (line.row.restarts ?? 0) > 0 ? 'warn' : undefined),
    }),
    amount('load', 'LOAD', 'load', { drop: 1 }),
    ofReplicas(
      textColumn<ReplicaLine>('breaker', 'BREAKER', one(breaker), {
        min: 9,
        max: 9,
        drop: 6,
        tone: (line) => breakerTone(one(({ pool }) => pool?.breaker)(line) ?? undefined),
      }),
    ),
    ofReplicas(numberColumn<ReplicaLine>('up', 'UP', one(uptime), { format: age, drop: 5 })),
    amount('rss', 'MEMORY', 'rss', { format: bytes, min: 8, drop: 2 }),
    sparkColumn<ReplicaLine>(
      'trend',
      'LOAD TREND',
      (line) => (line.of === 'role' ? line.summary.history : line.row.history),
      7,
    ),
    {
      ...textColumn<ReplicaLine>('note', 'NOTE', (line) => one(noteOf)(line) ?? roleNote(line), {
        min: 12,
        drop: 3,
        tone: (line) => (line.of === 'role' ? 'dim' : 'bad'),
      }),
      sortBy: one((row) => noteOf(row) || null),
    },
    ofReplicas(numberColumn<ReplicaLine>('pid', 'PID', one(pid), { format: String, min: 7, drop: 9 })),
    ofReplicas(
      textColumn<ReplicaLine>('url', 'URL', one(url), {
        min: 16,
        max: 32,
        isName: true,
        drop: 8,
        tone: () => 'dim',
      }),
    ),
  ],
  rows: lines,
  key: (line) => (line.of === 'role' ? `role ${line.summary.role}` : `replica ${line.row.name}`),
  text: (line) => (line.of === 'role' ? line.summary.role : textOf(line.row)),
  sort: { column: 'name', descending: false },
  open: (line) =>
    line.of === 'role' ? { kind: 'role', role: line.summary.role } : { kind: 'replica', name: line.row.name },
  target: (line) =>
    line.of === 'role'
      ? { kind: 'role', role: line.summary.role, replicas: line.summary.known }
      : { kind: 'replica', name: line.row.name, role: line.row.role },
  empty: 'No replicas are known here.',
}

function lines(snapshot: Snapshot): ReplicaLine[] {
  const now = Date.parse(snapshot.at)
  return rolesOf(snapshot).flatMap((summary): ReplicaLine[] => [
    { of: 'role', summary },
    ...summary.replicas.map((row): ReplicaLine => ({ of: 'replica', row, now })),
  ])
}

function textOf(row: ReplicaRow): string {
  return [row.name, row.role, row.state, row.url, row.pool?.breaker, whyNot(row)].join(' ')
}
