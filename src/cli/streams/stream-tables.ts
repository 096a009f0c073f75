import type {
  ConsumerSummary,
  GroupSummary,
  HealthRow,
  PendingEntry,
  StreamDescription,
} from '../../runtime/inspect/index.ts'
import { printable } from '../../runtime/platform/log/index.ts'
import { age, ageOf } from '../../ui/format/duration.ts'
import type { Column } from '../table.ts'

/** A number that may be a lower bound, or unknown. */
export function atLeast(value: number | null | undefined, exact = true): string {
  if (value === null || value === undefined) return '?'
  return exact ? String(value) : `>=${value}`
}

/** 5825 → "5.7 KB" */
export function bytes(size: number | null): string {
  if (size === null) return '?'
  const [unit, factor] =
    size >= 1024 ** 3 ? ['GB', 1024 ** 3] : size >= 1024 ** 2 ? ['MB', 1024 ** 2] : ['KB', 1024]
  return `${(size / Number(factor)).toFixed(1)} ${unit}`
}

const number = <T>(title: string, value: (row: T) => string): Column<T> => ({ title, value, align: 'right' })

export const streamColumns = (now: number): Column<StreamDescription>[] => [
  { title: 'STREAM', value: (row) => printable(row.stream) },
  number('LENGTH', (row) => String(row.length)),
  number('FIRST', (row) => ageOf(row.first_at, now)),
  number('LAST', (row) => ageOf(row.last_at, now)),
  number('GROUPS', (row) => String(row.groups)),
  number('LAG', (row) => (row.groups === 0 ? '-' : atLeast(row.lag, row.lag_exact))),
  number('PENDING', (row) => (row.groups === 0 ? '-' : String(row.pending))),
  { ...number<StreamDescription>('MEMORY', (row) => bytes(row.memory)), wide: true },
  { ...number<StreamDescription>('ADDED', (row) => atLeast(row.entries_added)), wide: true },
  { title: 'LAST ID', value: (row) => row.last_id ?? '-', wide: true },
]

const groupNumbers: Column<GroupSummary>[] = [
  number('LAG', (row) => atLeast(row.lag, row.lag_exact)),
  number('PENDING', (row) => String(row.pending)),
  number('OLDEST', (row) => age(row.oldest_idle_ms)),
  number('ALIVE', (row) => `${row.alive}/${row.consumers}`),
  number('LOST', (row) => atLeast(row.lost)),
  { ...number<GroupSummary>('RETRYING', (row) => String(row.retrying)), wide: true },
  { title: 'DELIVERED', value: (row) => row.last_delivered_id, wide: true },
]

/** Of the groups of one stream. */
export const ownGroupColumns: Column<GroupSummary>[] = [
  { title: 'GROUP', value: (row) => printable(row.group) },
  ...groupNumbers,
]

export const groupColumns: Column<GroupSummary>[] = [
  { title: 'STREAM', value: (row) => printable(row.stream) },
  ...ownGroupColumns,
]

export const consumerColumns: Column<ConsumerSummary>[] = [
  { title: 'CONSUMER', value: (row) => printable(row.consumer) },
  number('PENDING', (row) => String(row.pending)),
  number('IDLE', (row) => age(row.idle_ms)),
  { title: 'STATE', value: (row) => (row.alive ? 'alive' : 'silent') },
]

export const healthColumns: Column<HealthRow>[] = [
  { title: 'STREAM', value: (row) => printable(row.stream) },
  { title: 'GROUP', value: (row) => printable(row.group ?? '-') },
  number('LAG', (row) => (row.group === null ? '-' : atLeast(row.lag, row.lag_exact))),
  number('PENDING', (row) => String(row.pending ?? '-')),
  number('OLDEST', (row) => age(row.oldest_idle_ms)),
  number('ALIVE', (row) => (row.group === null ? '-' : `${row.alive}/${row.consumers}`)),
  { title: 'FINDING', value: (row) => row.findings.map(({ finding }) => finding).join(', ') || 'ok' },
]

export const pendingColumns = (now: number): Column<PendingEntry>[] => [
  { title: 'ID', value: (row) => row.id },
  { title: 'CONSUMER', value: (row) => printable(row.consumer) },
  number('IDLE', (row) => age(row.idle_ms)),
  number('DELIVERIES', (row) => String(row.deliveries)),
  { title: 'NOTE', value: (row) => noteOf(row, now) },
]

function noteOf({ gone, retry_at }: PendingEntry, now: number): string {
  if (gone) return 'no longer in the stream'
  if (retry_at === null) return ''
  const wait = Date.parse(retry_at) - now
  return wait > 0 ? `retry in ${age(wait)}` : 'retry is due'
}
