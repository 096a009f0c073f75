import { bytes, compact, NONE } from '../../format/number.ts'
import { plain } from '../../format/plain.ts'
import type { DetailInput, DetailPage } from '../detail.ts'
import { lastChange, scaledAs } from '../panes/autoscale.ts'
import { replicas as pane, type ReplicaLine } from '../panes/replicas.ts'
import { readiness, summarise } from '../panes/roles.ts'
import { facts, heading, list, remark } from './page.ts'
import type { RefTo } from './reference.ts'

/** A role and its replicas. */
export function rolePage({ role }: RefTo<'role'>, { snapshot, width }: DetailInput): DetailPage {
  const summary = summarise(
    role,
    snapshot.replicas.filter((row) => row.role === role),
    snapshot.autoscale,
  )
  const now = Date.parse(snapshot.at)
  const rows = summary.replicas.map((row): ReplicaLine => ({ of: 'replica', row, now }))
  const { text, tone } = readiness(summary)
  const { autoscale } = summary
  return {
    title: `Role ${plain(role)}`,
    lines: [
      ...facts(
        [
          ['Replicas', text, tone],
          ['Load', summary.load === null ? NONE : `${compact(summary.load)} requests under way`],
          ['Memory', bytes(summary.rss)],
          ['Restarts', compact(summary.restarts)],
          ['Scaled', autoscale && scaledAs(autoscale)],
          ['Last change', autoscale && lastChange(autoscale, now)],
        ],
        width,
      ),
      ...heading('Replicas'),
      ...(rows.length === 0
        ? remark('None are known here any more.', width)
        : list(pane.columns, rows, width, (line) => {
            const [open, target] = [pane.open?.(line), pane.target?.(line)]
            return { key: pane.key(line), ...(open && { open }), ...(target && { target }) }
          })),
    ],
  }
}
