import type { StreamRow } from '../../../runtime/dashboard/index.ts'
import type { Pane } from '../pane.ts'
import { agoColumn, numberColumn, rateColumn, sparkColumn, textColumn } from './columns.ts'
import { type Dated, dated } from './dated.ts'
import { LIMITS, toneOf } from './tones.ts'

type Row = Dated<StreamRow>

/** Every stream, how fast it fills and how fast it is read. */
export const streams: Pane<Row> = {
  name: 'streams',
  title: 'Streams',
  columns: [
    textColumn<Row>('stream', 'STREAM', (row) => row.stream, { min: 18, isName: true }),
    textColumn<Row>('kind', 'KIND', (row) => row.kind, { min: 8, max: 14, drop: 6, tone: () => 'dim' }),
    numberColumn<Row>('length', 'LENGTH', (row) => row.length),
    rateColumn<Row>('in', 'IN/S', (row) => row.in_rate, 1),
    rateColumn<Row>('out', 'OUT/S', (row) => row.out_rate, 4),
    numberColumn<Row>('lag', 'LAG', (row) => (row.groups === 0 ? 0 : row.lag), {
      unknown: '?',
      drop: 2,
      tone: (row) => toneOf(row.lag, LIMITS.lag),
    }),
    numberColumn<Row>('pending', 'PENDING', (row) => row.pending, { drop: 3 }),
    agoColumn<Row>(
      'last',
      'LAST',
      (row) => row.last_at,
      (row) => row.now,
      7,
    ),
    sparkColumn<Row>('trend', 'IN/S TREND', (row) => row.history, 5),
  ],
  rows: (snapshot) => dated(snapshot.streams, snapshot),
  key: (row) => row.stream,
  text: (row) => `${row.stream} ${row.kind}`,
  sort: { column: 'stream', descending: false },
  open: (row) => ({ kind: 'stream', stream: row.stream }),
  empty: 'No streams have been found yet.',
}
