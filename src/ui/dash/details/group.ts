import type { GroupDetail, GroupRow } from '../../../runtime/dashboard/index.ts'
import { age } from '../../format/duration.ts'
import { compact, rate } from '../../format/number.ts'
import { plain } from '../../format/plain.ts'
import type { DetailInput, DetailPage } from '../detail.ts'
import type { Column } from '../pane.ts'
import { numberColumn, textColumn } from '../panes/columns.ts'
import { badge } from '../panes/groups.ts'
import { LIMITS, toneOf } from '../panes/tones.ts'
import { type Fact, facts, heading, list, remark } from './page.ts'
import type { RefTo } from './reference.ts'

type Consumer = GroupDetail['consumers'][number]
type Pending = GroupDetail['pending'][number]

/** A group: how far it is, who is in it, what they have not finished. */
export function groupPage({ stream, group }: RefTo<'group'>, input: DetailInput): DetailPage {
  const { snapshot, loaded, width } = input
  const row = snapshot.groups.find((one) => one.stream === stream && one.group === group)
  const { consumers = [], pending = [] } = loaded.group ?? {}
  const isIdle = row?.lag === 0 && row.pending === 0
  const of = row && row.pending > pending.length ? `oldest ${pending.length} of ${compact(row.pending)}` : ''
  return {
    title: `Group ${plain(group)} of ${plain(stream)}`,
    lines: [
      ...facts(
        row
          ? factsOf(row, row.alive === null && consumers.some(({ alive }) => !alive))
          : [['State', 'It is not in the newest sample.', 'warn']],
        width,
      ),
      ...heading('Consumers'),
      ...(consumers.length === 0
        ? remark('None: nobody has ever read as this group, or all were removed.', width)
        : list(consumerColumns(isIdle), consumers, width, ({ consumer }) => ({
            key: `consumer ${consumer}`,
          }))),
      ...heading('Pending entries', of),
      ...(pending.length === 0
        ? remark('None: everything that was delivered is finished.', width)
        : list(pendingColumns(Date.parse(snapshot.at)), pending, width, ({ id }) => ({
            key: `pending ${id}`,
            open: { kind: 'entry', stream, id },
          }))),
    ],
  }
}

const MUTE = 'before 7.2, Redis tells only when they last got an entry'

/** @param isMute whether it is Redis that does not tell who is alive */
function factsOf(row: GroupRow, isMute: boolean): Fact[] {
  const { text, tone } = badge(row)
  const oldest = row.oldest_idle_ms === null ? '' : `, the oldest untouched for ${age(row.oldest_idle_ms)}`
  return [
    tone === undefined ? ['State', text] : ['State', text, tone],
    ['Lag', row.lag === null ? '? (Redis cannot tell: entries were deleted)' : String(row.lag)],
    ['Pending', `${row.pending}${oldest}`],
    ['Alive', `${row.alive ?? '?'} of ${row.consumers} consumers${isMute ? ` (${MUTE})` : ''}`],
    ['Delivered', `${row.last_delivered_id}, ${rate(row.out_rate)}`],
  ]
}

const consumerColumns = (isIdle: boolean): readonly Column<Consumer>[] => [
  textColumn('consumer', 'CONSUMER', (row) => row.consumer, { min: 16, isName: true }),
  numberColumn('pending', 'PENDING', (row) => row.pending),
  numberColumn('idle', 'IDLE', (row) => row.idle_ms, { format: age }),
  numberColumn('inactive', 'INACTIVE', (row) => row.inactive_ms, { format: age, drop: 2 }),
  {
    ...textColumn<Consumer>('state', 'STATE', (row) => stateOf(row, isIdle), {
      min: 6,
      max: 6,
      drop: 1,
      tone: (row) => (row.alive ? 'good' : row.pending > 0 ? 'bad' : 'dim'),
    }),
  },
]

/** Before Redis 7.2, consumers that get nothing look the same whether they ask or not. */
function stateOf({ alive, inactive_ms: inactive }: Consumer, isIdle: boolean): string {
  if (alive) return 'alive'
  return isIdle && inactive === null ? 'idle' : 'silent'
}

const pendingColumns = (now: number): readonly Column<Pending>[] => [
  textColumn('id', 'ID', (row) => row.id, { min: 16, max: 22 }),
  textColumn('consumer', 'CONSUMER', (row) => row.consumer, { min: 10, max: 30, drop: 2, isName: true }),
  numberColumn('idle', 'IDLE', (row) => row.idle_ms, {
    format: age,
    tone: (row) => toneOf(row.idle_ms, LIMITS.idle),
  }),
  numberColumn('deliveries', 'DELIVERIES', (row) => row.deliveries, {
    drop: 1,
    max: 10,
    tone: (row) => (row.deliveries > 1 ? 'warn' : undefined),
  }),
  textColumn('note', 'NOTE', (row) => noteOf(row, now), { min: 12, drop: 3, tone: () => 'dim' }),
]

function noteOf({ gone, retry_at: at }: Pending, now: number): string {
  if (gone) return 'no longer in the stream'
  if (at === null) return ''
  const wait = Date.parse(at) - now
  return wait > 0 ? `retried in ${age(wait)}` : 'retry is due'
}
