import { age } from '../../format/duration.ts'
import { plain } from '../../format/plain.ts'
import type { DetailInput, DetailPage, Loaded } from '../detail.ts'
import type { Column } from '../pane.ts'
import { numberColumn, textColumn } from '../panes/columns.ts'
import { facts, list, remark } from './page.ts'
import type { RefTo } from './reference.ts'

type Letter = NonNullable<Loaded['letters']>[number]

/** The dead letters of a type, newest first. */
export function lettersPage({ type }: RefTo<'letters'>, input: DetailInput): DetailPage {
  const { snapshot, loaded, width } = input
  const letters = (loaded.letters ?? []).toReversed()
  const count = snapshot.dead_letters.find((row) => row.type === type)?.count ?? 0
  const shown = letters.length < count ? `${count}, of which ${letters.length} were read` : String(count)
  return {
    title: `Dead letters of ${plain(type)}`,
    lines: [
      ...facts([['Count', shown, count > 0 ? 'warn' : 'good']], width),
      { parts: [] },
      ...(letters.length === 0
        ? remark('None are left.', width)
        : list(columns(Date.parse(snapshot.at)), letters, width, ({ id }) => ({
            key: `letter ${id}`,
            open: { kind: 'letter', type, id },
            target: { kind: 'letter', type, id },
          }))),
    ],
  }
}

const columns = (now: number): readonly Column<Letter>[] => [
  textColumn('id', 'ID', (row) => row.id, { min: 16, max: 22, drop: 4 }),
  numberColumn('age', 'AGE', (row) => now - Date.parse(row.time), { format: age }),
  textColumn('reason', 'REASON', (row) => row.reason, { min: 10, max: 18 }),
  textColumn('group', 'GROUP', (row) => row.origin.group, { min: 8, max: 20, drop: 2 }),
  numberColumn('deliveries', 'TRIES', (row) => row.deliveries, { drop: 3 }),
  textColumn('error', 'ERROR', (row) => row.error, { min: 12, drop: 1, tone: () => 'bad' }),
]
