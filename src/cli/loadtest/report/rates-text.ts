import { formatDuration } from '../../../runtime/kernel/index.ts'
import type { LoadPlan, RatedRun } from '../../../runtime/loadtest/index.ts'
import { printable } from '../../../runtime/platform/log/index.ts'
import { addressOf } from '../load-target.ts'
import { RULE, titleOf } from './heading.ts'
import { millis, percent, plainNumber } from './numbers.ts'

const WIDTHS = [10, 10, 10, 10, 10, 8]

/** What is going to be done. */
export function ratesHeading(plan: LoadPlan, thresholds: readonly string[]): string[] {
  return [
    titleOf(plan.scenario),
    RULE,
    `Target: ${addressOf(plan)}`,
    `Each rate for ${formatDuration(plan.load.duration ?? 0)}`,
    ...(thresholds.length === 0 ? [] : [`Good is: ${printable(thresholds.join(', '))}`]),
    'Starting test...',
    '',
  ]
}

/** Names of what `rateLine` shows. */
export const rateHead = cells(['rate', 'ok/s', 'p50 ms', 'p95 ms', 'p99 ms', 'errors'], '')

/** One run, in columns: lines come while others are still to be made. */
export function rateLine({ rate, passed, result }: RatedRun): string {
  const { latency } = result.series
  const shown = [latency?.p50, latency?.p95, latency?.p99].map(millis)
  const errors = percent(result.total - result.succeeded, result.total)
  const why = passed ? [] : reasons(result)
  return cells(
    [`${plainNumber(rate)}/s`, result.rate.toFixed(1), ...shown, errors],
    [passed ? '✓' : '✗', ...why].join(' '),
  )
}

/** What it was all for. */
export function highestLines(highest: number | null, runs: readonly RatedRun[]): string[] {
  if (runs.length === 0) return ['', 'No run has come to its end.']
  if (highest === null) return ['', 'None of these rates was good enough.']
  return ['', `Highest good rate: ${plainNumber(highest)} requests/s`]
}

function reasons({ thresholds, validity }: RatedRun['result']): string[] {
  const failed = thresholds.filter(({ passed }) => !passed).map(({ expression }) => printable(expression))
  return [...failed, ...(validity.valid ? [] : ['INVALID'])]
}

function cells(texts: readonly string[], last: string): string {
  return `${texts.map((text, i) => text.padStart(WIDTHS[i] ?? 0)).join('')}  ${last}`.trimEnd()
}
