import type { AutoscaleStatus } from '../runtime/autoscale/index.ts'
import { maskUrl } from '../runtime/kernel/index.ts'
import type { ReplicaSnapshot, ServeStatus } from '../runtime/supervisor/index.ts'
import { ageOf } from '../ui/format/duration.ts'
import { type Column, renderTable } from './table.ts'

const columns = (now: number): Column<ReplicaSnapshot>[] => [
  { title: 'REPLICA', value: (row) => row.name },
  { title: 'STATE', value: (row) => row.state },
  { title: 'PID', value: (row) => String(row.pid ?? '-'), align: 'right' },
  {
    title: 'UP',
    value: (row) => ageOf(row.ready_since, now),
    align: 'right',
  },
  { title: 'RESTARTS', value: (row) => String(row.restarts), align: 'right' },
  {
    title: 'MEMORY',
    value: (row) => (row.rss === null ? '-' : `${Math.round(row.rss / 1024 / 1024)} MB`),
    align: 'right',
  },
  {
    title: 'FACTS',
    value: (row) =>
      Object.entries(row.facts)
        .map(([key, value]) => `${key}=${value}`)
        .join(' '),
    wide: true,
  },
  { title: 'NOTE', value: noteOf },
]

const scaledColumns = (now: number): Column<AutoscaleStatus>[] => [
  { title: 'SCALED', value: (row) => row.role },
  { title: 'BOUNDS', value: (row) => (row.active ? `${row.min}..${row.max}` : 'by hand') },
  { title: 'REPLICAS', value: (row) => String(row.replicas), align: 'right' },
  {
    title: 'LAST CHANGE',
    value: ({ last }) => (last === null ? '-' : `${last.from} → ${last.to}, ${ageOf(last.at, now)} ago`),
  },
  { title: 'WHY', value: (row) => row.reason },
]

/** What is shown to people ends up in reports and chats. */
export function withoutPasswords(status: ServeStatus): ServeStatus {
  const urls = Object.entries(status.urls).map(([name, url]) => [name, url && maskUrl(url)])
  return { ...status, urls: Object.fromEntries(urls) }
}

/** The list of replicas in one of the forms of `-o`. */
export function renderReplicas(status: ServeStatus, form: string, now: number): string {
  if (form === 'json') return JSON.stringify(status, null, 2)
  if (form === 'ndjson') return status.replicas.map((replica) => JSON.stringify(replica)).join('\n')
  if (form === 'name') return status.replicas.map((replica) => replica.name).join('\n')
  const tables = [renderTable(status.replicas, columns(now), form === 'wide')]
  if (status.autoscale?.length) tables.push(renderTable(status.autoscale, scaledColumns(now)))
  return tables.join('\n\n')
}

function noteOf({ failure, last_exit: exit, state }: ReplicaSnapshot): string {
  if (failure !== null) return failure.detail
  if (exit === null || state === 'ready') return ''
  return exit.signal === null ? `exit code ${exit.code}` : `killed by ${exit.signal}`
}
