import type { DeadLetterRow } from '../../../runtime/dashboard/index.ts'
import type { Pane } from '../pane.ts'
import { agoColumn, numberColumn, textColumn } from './columns.ts'
import { type Dated, dated } from './dated.ts'

type Row = Dated<DeadLetterRow>

/** Events that were given up, by type. */
export const letters: Pane<Row> = {
  name: 'letters',
  title: 'Dead letters',
  columns: [
    textColumn<Row>('type', 'TYPE', (row) => row.type, { min: 18, isName: true }),
    numberColumn<Row>('count', 'COUNT', (row) => row.count, { tone: () => 'warn' }),
    agoColumn<Row>(
      'oldest',
      'OLDEST',
      (row) => row.oldest,
      (row) => row.now,
      2,
    ),
    agoColumn<Row>(
      'newest',
      'NEWEST',
      (row) => row.newest,
      (row) => row.now,
      1,
    ),
  ],
  rows: (snapshot) => dated(snapshot.dead_letters, snapshot),
  key: (row) => row.type,
  text: (row) => row.type,
  sort: { column: 'count', descending: true },
  open: (row) => ({ kind: 'letters', type: row.type }),
  target: (row) => ({ kind: 'letters', type: row.type }),
  empty: 'No dead letters: every event was handled.',
}
