import type { ReplicaSnapshot, ServeStatus } from '../runtime/supervisor/index.ts'
import { type Column, renderTable } from './table.ts'

const columns = (now: number): Column<ReplicaSnapshot>[] => [
  { title: 'REPLICA', value: (row) => row.name },
  { title: 'STATE', value: (row) => row.state },
  { title: 'PID', value: (row) => String(row.pid ?? '-'), align: 'right' },
  {
    title: 'UP',
    value: (row) => (row.ready_since === null ? '-' : formatAge(now - Date.parse(row.ready_since))),
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

/** 75 s → "1m15s" */
export function formatAge(ms: number): string {
  const seconds = Math.max(0, Math.floor(ms / 1000))
  const [days, hours, minutes] = [
    Math.floor(seconds / 86_400),
    Math.floor(seconds / 3_600) % 24,
    Math.floor(seconds / 60) % 60,
  ]
  if (days > 0) return `${days}d${hours}h`
  if (hours > 0) return `${hours}h${minutes}m`
  return minutes > 0 ? `${minutes}m${seconds % 60}s` : `${seconds}s`
}
