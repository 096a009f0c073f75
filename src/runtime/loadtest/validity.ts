import type { LoadPlan } from './plan.ts'
import type { LoadResult, Validity } from './result.ts'

/** Operations begun of those due, below which the load was not the one that was asked for. */
const ACHIEVED = 0.98
/** Milliseconds by which operations may begin late, and the event loop may be busy, at the 99th percentile. */
export const LATE = 10
/** The event loop may be busy for longer where so small a part of what is measured does not count. */
const PART = 0.1
/** What an event loop that is busy makes longer; the rest is told by the server, or says little. */
const TIMED = ['latency', 'first_token', 'gap', 'delivery']
/** Of a core: above this a thread has no time left to read answers as they come. */
const BUSY = 0.9

export type Strain = Omit<Validity, 'valid' | 'reasons'>

/**
 * Whether the figures of a run are to be trusted, and in sentences why not.
 * @param series what was measured
 */
export function judge(plan: LoadPlan, strain: Strain, series: LoadResult['series']): Validity {
  const bottleneck = bottlenecks(plan, strain, busyLimit(series))
  const reasons = [...shortfall(plan, strain, bottleneck.length > 0), ...bottleneck]
  return { ...strain, valid: reasons.length === 0, reasons }
}

function shortfall({ load }: LoadPlan, { achieved }: Strain, isBottleneck: boolean): string[] {
  if (load.kind === 'closed' || achieved >= ACHIEVED) return []
  const begun = `Only ${percent(achieved)} of what was due was begun in time`
  if (isBottleneck || load.concurrency === null) {
    return [`${begun}: the load was lower than the ${load.rate}/s that were asked for.`]
  }
  return [
    `${begun}: ${load.concurrency} under way at once are too few for ${load.rate}/s. Raise --concurrency.`,
  ]
}

/** Milliseconds. Ten are a lot where an answer takes five, and nothing where it takes a second. */
function busyLimit(series: LoadResult['series']): number {
  const medians = TIMED.flatMap((name) => series[name] ?? [])
    .filter(({ count }) => count > 0)
    .map(({ p50 }) => p50)
  return medians.length === 0 ? LATE : Math.max(LATE, PART * Math.min(...medians))
}

function bottlenecks(
  plan: LoadPlan,
  { schedule_lag_ms, event_loop_ms, cpu }: Strain,
  busyLimit: number,
): string[] {
  const itself = 'this program is itself the bottleneck'
  const advice =
    plan.load.kind === 'open'
      ? 'Lower --rate, give it more --threads, or run it on a machine of its own.'
      : 'Give it more --threads, or run it on a machine of its own.'
  const reasons: string[] = []
  if (schedule_lag_ms > LATE) {
    reasons.push(`${itself}: 1 % of operations were begun more than ${Math.round(schedule_lag_ms)} ms late.`)
  }
  if (event_loop_ms > busyLimit) {
    reasons.push(`${itself}: its event loop was busy for ${Math.round(event_loop_ms)} ms at a time (p99).`)
  }
  if (cpu > BUSY) reasons.push(`${itself}: one of its threads used ${percent(cpu)} of a core.`)
  return reasons.map((text, i) => upper(i === reasons.length - 1 ? `${text} ${advice}` : text))
}

const percent = (share: number): string => `${(Math.floor(share * 1_000) / 10).toFixed(1)} %`
const upper = (text: string): string => `${text[0]?.toUpperCase()}${text.slice(1)}`
