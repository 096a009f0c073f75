import type {
  GroupDescription,
  GroupTotal,
  HealthRow,
  StreamDescription,
} from '../../runtime/inspect/index.ts'
import { printable } from '../../runtime/platform/log/index.ts'
import { age, ageOf } from '../../ui/format/duration.ts'
import { renderFacts, renderList } from '../list.ts'
import { type Column, renderTable } from '../table.ts'
import { atLeast, bytes, consumerColumns, healthColumns, ownGroupColumns } from './stream-tables.ts'

export function renderStream(stream: StreamDescription, now: number): string {
  const edge = (id: string | null, time: string | null) =>
    id === null ? '-' : time === null ? id : `${id} (${ageOf(time, now)} ago)`
  const facts = renderFacts([
    ['Stream', printable(stream.stream)],
    ['Length', String(stream.length)],
    ['Memory', bytes(stream.memory)],
    ['First', edge(stream.first_id, stream.first_at)],
    ['Last', edge(stream.last_id, stream.last_at)],
    ['Added', `${atLeast(stream.entries_added)} since it was made`],
    ['Groups', String(stream.groups)],
  ])
  if (stream.groups === 0) return facts
  return `${facts}\n\n${renderTable(stream.consumer_groups, ownGroupColumns, true)}`
}

export function renderGroup(group: GroupDescription, now: number): string {
  const { last_delivered_id: id, last_delivered_at: time, pending, retrying, oldest_idle_ms: idle } = group
  const oldest = idle === null ? '' : `, oldest idle for ${age(idle)}`
  const facts = renderFacts([
    ['Group', printable(group.group)],
    ['Stream', printable(group.stream)],
    ['Lag', atLeast(group.lag, group.lag_exact)],
    ['Pending', `${pending}${oldest}${retrying > 0 ? `, ${retrying} waiting for a retry` : ''}`],
    ['Delivered', time === null ? id : `${id} (${ageOf(time, now)} ago)`],
    ['Lost', atLeast(group.lost)],
    ['Consumers', `${group.consumers}, ${group.alive} alive`],
  ])
  if (group.consumers === 0) return facts
  return `${facts}\n\n${renderTable(group.consumer_list, consumerColumns)}`
}

/** The table of health, and below it what to do about each finding. */
export function renderReport(rows: readonly HealthRow[], form: string): string {
  const list = renderList(rows, healthColumns, form, (row) => `${row.stream} ${row.group ?? '-'}`)
  if (form !== 'table' && form !== 'wide') return list
  const advice = rows.flatMap(({ stream, group, findings }) =>
    findings.map((one) =>
      printable(`${one.finding}  ${stream}${group === null ? '' : ` ${group}`}: ${one.advice}`),
    ),
  )
  return [list, ...(advice.length > 0 ? ['', ...advice] : [])].join('\n')
}

const totalColumns: Column<Omit<GroupTotal, 'streams'> & { stream: string }>[] = [
  { title: 'GROUP', value: (row) => printable(row.group) },
  { title: 'STREAM', value: (row) => printable(row.stream) },
  { title: 'LAG', value: (row) => atLeast(row.lag, row.lag_exact), align: 'right' },
  { title: 'PENDING', value: (row) => String(row.pending), align: 'right' },
  { title: 'LOST', value: (row) => atLeast(row.lost), align: 'right' },
]

/** Each stream of a group, and their total where there are several. */
export function renderTotals(totals: readonly GroupTotal[], form: string): string {
  if (form !== 'table' && form !== 'wide') return renderList(totals, [], form, ({ group }) => group)
  const rows = totals.flatMap(({ streams, ...total }) => [
    ...streams.map((row) => ({ ...row, group: total.group })),
    ...(streams.length > 1 ? [{ ...total, stream: `total of ${streams.length}` }] : []),
  ])
  return renderTable(rows, totalColumns)
}
