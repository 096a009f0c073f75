import type { LoadPlan, LoadResult } from '../../../runtime/loadtest/index.ts'
import { plainNumber } from './numbers.ts'

/** From when latency was counted, and what that hides: without it no figure can be read. */
export function methodLine({ load }: LoadPlan): string {
  if (load.kind === 'open')
    return 'Latency counts from when a request was due, so that a server that stalls cannot hide it.'
  return (
    'Latency counts from when a request was sent: each client waits for its answer, so a server that stalls is sent less and ' +
    'looks better than it is. Use --rate to see what people would see.'
  )
}

/** What is to be known before the figures are believed. */
export function doubtLines(result: LoadResult): string[] {
  const { validity, unfinished, unsent } = result
  return [
    ...(validity.valid ? [] : ['INVALID: these figures are not to be trusted.']),
    ...validity.reasons.map((reason) => `  - ${reason}`),
    ...uncertainLines(result),
    ...leftOut(unfinished, 'under way when it ended'),
    ...leftOut(unsent, 'due and never sent'),
  ]
}

/** What no percentile can know of. */
function leftOut(count: number, what: string): string[] {
  if (count === 0) return []
  return [
    count === 1
      ? `1 request was ${what}: it is in no percentile.`
      : `${count} requests were ${what}: they are in no percentile.`,
  ]
}

function uncertainLines({ series }: LoadResult): string[] {
  const { latency } = series
  // Of the percentiles, the summary shows this one.
  if (!latency?.uncertain.includes('p99') || latency.count === 0) return []
  return [
    `P99 of ${latency.count} samples is little more than the largest: measure 1,000 or more for one to rely on.`,
  ]
}

/** How far the program kept up with what it was asked to do. */
export function pacingLine({ plan, validity }: LoadResult): string[] {
  if (plan.load.kind === 'closed') return []
  const { achieved, schedule_lag_ms, peak_in_flight } = validity
  return [
    `Begun: ${plainNumber(100 * achieved)}% of what was due, p99 ${plainNumber(schedule_lag_ms)} ms late; at most ${peak_in_flight} under way.`,
  ]
}
