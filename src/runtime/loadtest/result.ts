import type { LoadPlan } from './plan.ts'

/** What a run has found. Durations are milliseconds, rates per second. Kept as JSON. */
export interface LoadResult {
  version: 1
  agentctl: string
  /** ISO 8601. */
  started_at: string
  plan: LoadPlan
  /** Measured, without warm-up. */
  elapsed_ms: number
  /** Operations that were due while measuring. Each is in exactly one of the next four. */
  total: number
  succeeded: number
  failed: number
  /** Under way when the run ended: how long they would have taken is not known, but at least as long as they have. */
  unfinished: number
  /** Due, but never sent. */
  unsent: number
  /** Succeeded. */
  rate: number
  /** Causes of failures, most frequent first. */
  errors: { cause: string; count: number }[]
  /** By name. `latency` is from when an operation was due; `service` from when it was sent, `wait` between the two. */
  series: Record<string, SeriesResult>
  counters: Record<string, number>
  /** One for each second. */
  timeline: Second[]
  validity: Validity
  thresholds: ThresholdResult[]
}

/** Without samples all numbers are 0. */
export interface SeriesResult {
  title: string
  count: number
  min: number
  mean: number
  stddev: number
  max: number
  p50: number
  p90: number
  p95: number
  p99: number
  p999: number
  /** Too few samples for this percentile to mean much: p99 under 1,000, p999 under 10,000. */
  uncertain: string[]
  /** Sparse log-linear histogram: index and count of each bucket that is not empty; see histogram.ts. */
  histogram: [number, number][]
}

export interface Second {
  /** Seconds since measuring began. */
  second: number
  succeeded: number
  failed: number
  p50: number | null
  p99: number | null
  in_flight: number
}

export interface Validity {
  valid: boolean
  /** Why the figures are not to be trusted, in sentences. */
  reasons: string[]
  /** Operations begun, of those that were due. 1 in a closed loop. */
  achieved: number
  /** p99 of how late operations were begun by this program. */
  schedule_lag_ms: number
  /** p99 of the event loop's delay, of the worst thread. */
  event_loop_ms: number
  /** CPU of the busiest generating thread, 1 = a whole core. */
  cpu: number
  peak_in_flight: number
}

export interface ThresholdResult {
  /** As it was given. */
  expression: string
  passed: boolean
  /** Null when there are no samples, which is a failure. */
  value: number | null
}

/** What is known while a run is under way, at most four times a second. */
export interface Progress {
  phase: 'starting' | 'warm-up' | 'measuring' | 'ending'
  /** Since measuring began; before that, since the warm-up began. */
  elapsed_ms: number
  /** From 0 to 1; null when it is not known. */
  done: number | null
  /** As in the result, so far. */
  total: number
  succeeded: number
  failed: number
  in_flight: number
  /** Of the last second. */
  rate: number
  target_rate: number | null
  latency: SeriesResult
  errors: { cause: string; count: number }[]
  timeline: Second[]
  warnings: string[]
}
