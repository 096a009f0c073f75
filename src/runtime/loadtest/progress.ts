import type { Collector } from './collector.ts'
import type { LoadPlan } from './plan.ts'
import type { Progress } from './result.ts'
import { seriesOf } from './series.ts'

export interface ProgressOptions {
  readonly plan: LoadPlan
  readonly collector: Collector
  readonly title: string
  /** Milliseconds since the run began, warm-up included. */
  elapsed(): number
}

/** Milliseconds after a second by which all that has ended in it is written down. */
const SETTLED = 150
/** Milliseconds by which operations may begin late before that is said. */
const LATE = 10

/** Tells how a run goes. */
export function createProgress({ plan, collector, title, elapsed }: ProgressOptions): () => Progress {
  const { load, warmup } = plan
  const past: { at: number; succeeded: number }[] = []

  function rateOf(at: number, succeeded: number): number {
    past.push({ at, succeeded })
    while (past.length > 2 && (past[1]?.at ?? at) <= at - 1_000) past.shift()
    const first = past[0]
    return first && at > first.at ? ((succeeded - first.succeeded) * 1_000) / (at - first.at) : 0
  }

  function doneOf(at: number, ended: number): number | null {
    const shares: number[] = []
    if (load.duration !== null) shares.push(at / (warmup + load.duration))
    if (load.kind === 'closed' && load.requests !== null) shares.push(ended / load.requests)
    return shares.length === 0 ? null : Math.min(1, Math.max(...shares))
  }

  return () => {
    const at = elapsed()
    const measured = Math.max(0, at - warmup)
    const { total, succeeded, failed, inFlight } = collector.totals()
    const late = load.kind === 'open' ? collector.series('lag').percentile(0.99) : 0
    return {
      phase: phaseOf(plan, at),
      elapsed_ms: at < warmup ? at : measured,
      done: doneOf(at, succeeded + failed),
      total,
      succeeded,
      failed,
      in_flight: inFlight,
      rate: rateOf(at, succeeded),
      target_rate: load.kind === 'open' ? load.rate : null,
      latency: seriesOf(title, collector.series('latency')),
      errors: collector.errors(),
      timeline: [...collector.collect(measured - SETTLED)],
      warnings: late > LATE ? [`Operations are begun up to ${Math.round(late)} ms late (p99).`] : [],
    }
  }
}

function phaseOf({ load, warmup }: LoadPlan, at: number): Progress['phase'] {
  if (at < 0) return 'starting'
  if (at < warmup) return 'warm-up'
  return load.duration !== null && at >= warmup + load.duration ? 'ending' : 'measuring'
}
