import type { LatencyRow } from '../../../runtime/dashboard/index.ts'
import { milliseconds } from '../../format/duration.ts'
import type { Pane } from '../pane.ts'
import { numberColumn, rateColumn, sparkColumn, textColumn } from './columns.ts'
import { LIMITS, toneOf } from './tones.ts'

type Percentile = 'p50_ms' | 'p95_ms' | 'p99_ms'

const percentile = (key: Percentile, drop: number) => {
  const title = key.slice(0, 3).toUpperCase()
  const column = numberColumn<LatencyRow>(title.toLowerCase(), title, (row) => row[key], {
    format: milliseconds,
    min: 8,
    max: 10,
    drop,
    tone: (row) => toneOf(row[key], LIMITS.latency),
  })
  return { ...column, cell: (row: LatencyRow) => atLeast(row, key, column.cell(row)) }
}

/** What lies in the last bucket of a histogram has no upper end: only the highest percentile is known to be there. */
function atLeast<C extends { text: string }>(row: LatencyRow, key: Percentile, cell: C): C {
  const open = row.at_least && row[key] !== null && row[key] === row.p99_ms
  return open ? { ...cell, text: `≥${cell.text}` } : cell
}

/** What there is only one of is called by its kind: that is said once. */
export function kindOf({ kind, name }: LatencyRow): string {
  return kind === name ? '' : kind
}

/** How long requests and stages have taken in the last minute. */
export const latency: Pane<LatencyRow> = {
  name: 'latency',
  title: 'Latency',
  columns: [
    textColumn('kind', 'KIND', kindOf, { min: 8, max: 14, drop: 4, tone: () => 'dim' }),
    textColumn('name', 'NAME', (row) => row.name, { min: 18, isName: true }),
    textColumn('role', 'ROLE', (row) => row.role, { min: 8, max: 14, drop: 5, tone: () => 'dim' }),
    rateColumn('rate', 'RATE/S', (row) => row.rate, 2),
    percentile('p50_ms', 1),
    percentile('p95_ms', 3),
    percentile('p99_ms', 0),
    sparkColumn(
      'trend',
      'P99 TREND',
      (row) => row.history,
      6,
      (row) => toneOf(row.p99_ms, LIMITS.latency),
    ),
  ],
  rows: (snapshot) => snapshot.latencies,
  key: (row) => row.key,
  text: (row) => `${row.kind} ${row.name} ${row.role}`,
  sort: { column: 'p99', descending: true },
  empty: 'Nothing was measured in the last minute.',
}
