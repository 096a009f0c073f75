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
  return renderTable(status.replicas, columns(now), form === 'wide')
}

function noteOf({ failure, last_exit: exit, state }: ReplicaSnapshot): string {
  if (failure !== null) return failure.detail
  if (exit === null || state === 'ready') return ''
  return exit.signal === null ? `exit code ${exit.code}` : `killed by ${exit.signal}`
}
