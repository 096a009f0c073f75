import { type ListedKey, type Scope, statusOf } from '../../runtime/access/index.ts'
import { printable } from '../../runtime/platform/log/index.ts'
import type { Column } from '../table.ts'

/** A key as commands show it; times in ISO 8601. Neither the key nor its digest is among it. */
export interface KeyRow {
  id: string
  name: string
  scopes: readonly Scope[]
  status: string
  created: string
  expires: string | null
  revoked: string | null
  /** To a minute. */
  last_used: string | null
  rate: number | null
  burst: number | null
  concurrent: number | null
}

export function toRow(key: ListedKey, now: number): KeyRow {
  return {
    id: key.id,
    name: key.name,
    scopes: key.scopes,
    status: statusOf(key, now),
    created: new Date(key.created).toISOString(),
    expires: timeOf(key.expires),
    revoked: timeOf(key.revoked),
    last_used: timeOf(key.used),
    rate: key.rate ?? null,
    burst: key.burst ?? null,
    concurrent: key.concurrent ?? null,
  }
}

const timeOf = (ms: number | undefined) => (ms === undefined ? null : new Date(ms).toISOString())

export const keyColumns: readonly Column<KeyRow>[] = [
  { title: 'ID', value: (row) => row.id },
  { title: 'NAME', value: (row) => printable(row.name) },
  { title: 'SCOPES', value: (row) => row.scopes.join(',') },
  { title: 'STATUS', value: (row) => row.status },
  { title: 'LIMIT', value: limitText },
  { title: 'LAST USED', value: (row) => row.last_used ?? 'never' },
  { title: 'EXPIRES', value: (row) => row.expires ?? 'never' },
  { title: 'CREATED', value: (row) => row.created, wide: true },
]

export function limitText({ rate, burst, concurrent }: KeyRow): string {
  const parts = [
    rate === null ? '' : `${rate}/s${burst === null ? '' : ` +${burst}`}`,
    concurrent === null ? '' : `${concurrent} at a time`,
  ]
  return parts.filter(Boolean).join(', ') || '-'
}
