import { printable } from '../../../runtime/platform/log/index.ts'
import { bar } from '../../bar.ts'
import { renderTable } from '../../table.ts'
import { cell, percent } from '../campaign-text.ts'
import type { ImportProgress, ImportReport, LineFailure } from './report.ts'

const BAR = 24
/** Failures that are shown; the others are in the file of failures, or with --json. */
const SHOWN = 20
/** Characters of a detail. */
const DETAIL = 120

/** `██████░░ 75 %  7,500 events, 3 failed  4,100/s` */
export function progressText({ read, registered, known, failed, took }: ImportProgress): string {
  const share = Math.min(1, read)
  const rate = took > 0 ? `${written(Math.round(((registered + known) * 1_000) / took))}/s` : ''
  const parts = [
    `${written(registered + known)} events`,
    ...(failed > 0 ? [`${written(failed)} failed`] : []),
  ]
  return `${bar(share, BAR)} ${percent(share)}  ${parts.join(', ')}  ${rate}`.trimEnd()
}

/** What became of the file, for people: a line, and the lines that failed as a table. */
export function importText(report: ImportReport): string {
  const { failures, failed } = report
  if (failures.length === 0) return summary(report)
  const shown = failures.slice(0, SHOWN)
  const more = failed - shown.length
  const table = renderTable(shown, [
    { title: 'LINE', value: ({ line }) => String(line), align: 'right' },
    { title: 'EVENT', value: ({ event_id: id }) => cell(id ?? '-') },
    { title: 'WHY', value: whyText },
    { title: 'CODE', value: ({ code }) => printable(code) },
  ])
  const rest = more > 0 ? `\n… and ${written(more)} more (--failures FILE keeps them all)` : ''
  return `${summary(report)}\n\n${table}${rest}`
}

function summary(report: ImportReport): string {
  const { total, registered, known, failed, duration_ms: took, dry_run: dry, stopped } = report
  if (dry)
    return `${events(total - failed)} can be registered, ${failed === 0 ? 'none fails' : `${written(failed)} cannot`}. Nothing was sent.`
  const rate = took > 0 ? ` (${written(Math.round(((registered + known) * 1_000) / took))}/s)` : ''
  const parts = [
    `${written(registered)} registered`,
    ...(known > 0 ? [`${written(known)} known from before`] : []),
    ...(failed > 0 ? [`${written(failed)} failed`] : []),
  ]
  const head = stopped ? `Stopped after ${events(registered + known + failed)}` : events(total)
  return `${head}: ${parts.join(', ')} in ${(took / 1_000).toFixed(1)} s${rate}.`
}

/** How to go on, where something is left to do; lines for stderr. */
export function adviceText({
  dry_run: dry,
  stopped,
  failed,
  failures,
  failures_file: file,
  run_id: id,
}: ImportReport): string[] {
  if (stopped)
    return [`Run the same command again to go on: what is registered is not registered twice (run ${id}).`]
  if (failed === 0 || dry) return []
  const again = failures.some(({ retryable }) => retryable) ? ['Some may succeed when it is run again.'] : []
  const where =
    file === null
      ? `After correcting lines of the same file, give --run-id ${id}: the others are known by it.`
      : `They are in ${printable(file)}: correct them there, and import that file.`
  return [...again, where]
}

function whyText({ detail }: LineFailure): string {
  return cell(detail, DETAIL)
}

function events(count: number): string {
  return `${written(count)} ${count === 1 ? 'event' : 'events'}`
}

function written(count: number): string {
  return count.toLocaleString('en-US')
}
