import type { ReplicaRow } from '../../../runtime/dashboard/index.ts'
import { age } from '../../format/duration.ts'
import { bytes, compact } from '../../format/number.ts'
import { plain } from '../../format/plain.ts'
import { sparkline } from '../../format/sparkline.ts'
import type { DetailInput, DetailPage } from '../detail.ts'
import { logLine, logLines } from '../logs/log-lines.ts'
import { uptime } from '../panes/replicas.ts'
import { breakerTone, stateTone } from '../panes/tones.ts'
import { type Fact, facts, heading, remark } from './page.ts'
import type { RefTo } from './reference.ts'

/** Of its log; the pane of logs has them all. */
const LINES = 200

/** A replica: how it is, why it is not well, what it has logged last. */
export function replicaPage({ name }: RefTo<'replica'>, input: DetailInput): DetailPage {
  const { snapshot, logs, width } = input
  const row = snapshot.replicas.find((one) => one.name === name)
  const own = logLines(logs, { replica: name, filter: '' }).slice(-LINES)
  return {
    title: plain(name),
    lines: [
      ...facts(
        row
          ? factsOf(row, Date.parse(snapshot.at))
          : [['State', 'It is gone: it was stopped, or another took its place.', 'warn']],
        width,
      ),
      ...heading('Log', own.length === LINES ? `newest ${LINES} lines` : ''),
      ...(own.length === 0
        ? remark('No lines of it are known here.', width)
        : own.map((line) => ({ parts: logLine(line, 0, width).parts }))),
    ],
  }
}

function factsOf(row: ReplicaRow, now: number): Fact[] {
  const { state, pool, failure } = row
  const up = uptime(row, now)
  const breaker = breakerTone(pool?.breaker)
  return [
    ['Role', row.role],
    ['State', state ?? 'registered in Redis; nobody here runs it', stateTone(state)],
    ['Why', failure, 'bad'],
    ['Process', row.pid === null ? null : String(row.pid)],
    ['Up', up === null ? null : age(up)],
    ['Restarts', row.restarts === null ? null : compact(row.restarts)],
    ['Last exit', row.last_exit, 'warn'],
    ['Memory', row.rss === null ? null : bytes(row.rss)],
    ['URL', row.url],
    ['Pool', pool === null ? null : `${pool.pool}, ${compact(pool.load)} requests under way`],
    breaker === undefined ? ['Breaker', pool?.breaker ?? null] : ['Breaker', pool?.breaker ?? null, breaker],
    ['Load', row.history.length === 0 ? null : sparkline(row.history, row.history.length), 'accent'],
  ]
}
