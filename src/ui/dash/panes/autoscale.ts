import type { AutoscaleRow } from '../../../runtime/dashboard/index.ts'
import { ageOf } from '../../format/duration.ts'
import { plain } from '../../format/plain.ts'

/** Where there is little room: `auto 1..8`; empty while somebody else decides. */
export function boundsOf(row: AutoscaleRow | null): string {
  return row?.active ? `auto ${row.min}..${row.max}` : ''
}

/** The bounds and what the last look came to. */
export function scaledAs(row: AutoscaleRow): string {
  const { min, max, replicas, reason, active } = row
  return active
    ? `${min}..${max} by itself, ${replicas} now: ${plain(reason)}`
    : `${plain(reason)}; was ${min}..${max} by itself`
}

/** What was done last, seen from `now`; null while nothing was. */
export function lastChange({ last }: AutoscaleRow, now: number): string | null {
  if (last === null) return null
  return `${last.from} → ${last.to}, ${ageOf(last.at, now)} ago: ${plain(last.reason)}`
}
