import type { EntryView } from '../../../runtime/dashboard/index.ts'
import { ageOf } from '../../format/duration.ts'
import { compact, rate } from '../../format/number.ts'
import { plain } from '../../format/plain.ts'
import type { DetailInput, DetailPage } from '../detail.ts'
import type { Column } from '../pane.ts'
import { textColumn } from '../panes/columns.ts'
import { groups as groupsPane } from '../panes/groups.ts'
import { moment } from './moment.ts'
import { facts, heading, list, remark } from './page.ts'
import type { RefTo } from './reference.ts'

/** A stream: what is in it, who reads it, its newest entries. */
export function streamPage({ stream }: RefTo<'stream'>, input: DetailInput): DetailPage {
  const { snapshot, loaded, width } = input
  const now = Date.parse(snapshot.at)
  const row = snapshot.streams.find((one) => one.stream === stream)
  const groups = snapshot.groups.filter((one) => one.stream === stream)
  const entries = loaded.stream?.entries ?? []
  return {
    title: plain(stream),
    lines: [
      ...facts(
        row
          ? [
              ['Kind', row.kind],
              ['Length', `${row.length} (${rate(row.in_rate)} in, ${rate(row.out_rate)} out)`],
              ['Behind', row.groups === 0 ? null : `lag ${row.lag ?? '?'}, ${compact(row.pending)} pending`],
              ['Last entry', row.last_id],
              ['Added', moment(row.last_at, now)],
            ]
          : [['State', 'It is not in the newest sample.', 'warn']],
        width,
      ),
      ...heading('Groups'),
      ...(groups.length === 0
        ? remark('Nobody reads it as a group.', width)
        : list(ownColumns, groups, width, (group) => ({
            key: `group ${group.group}`,
            open: { kind: 'group', stream, group: group.group },
          }))),
      ...heading('Newest entries', entries.length > 0 ? `${entries.length} of ${row?.length ?? '?'}` : ''),
      ...(entries.length === 0
        ? remark('It is empty.', width)
        : list(entryColumns(now), entries, width, ({ id }) => ({
            key: `entry ${id}`,
            open: { kind: 'entry', stream, id },
          }))),
    ],
  }
}

const ownColumns = groupsPane.columns.filter(({ id }) => id !== 'stream')

const entryColumns = (now: number): Column<EntryView>[] => [
  textColumn('id', 'ID', (entry) => entry.id, { min: 16, max: 22 }),
  {
    id: 'age',
    title: 'AGE',
    align: 'right',
    min: 6,
    max: 8,
    drop: 1,
    cell: (entry) => ({ text: ageOf(entry.at, now), tone: 'dim' }),
  },
  textColumn('fields', 'FIELDS', summary, { min: 16 }),
]

/** Characters of an entry that its line may need. */
const SUMMARY = 400

function summary({ fields }: EntryView): string {
  let text = ''
  for (const [name, value] of Object.entries(fields)) {
    text += `${text === '' ? '' : ' '}${name}=${value.slice(0, SUMMARY)}`
    if (text.length > SUMMARY) break
  }
  return text
}
