import { createHistogram } from '../../src/runtime/loadtest/histogram.ts'
import type { LoadPlan, LoadResult, SeriesResult } from '../../src/runtime/loadtest/index.ts'
import { seriesOf } from '../../src/runtime/loadtest/series.ts'

/** Fifty queries at once, as they are asked for without any flags. */
export const PLAN: LoadPlan = {
  scenario: 'query',
  target: 'http://localhost:8000',
  options: { query: ['What?'], repeat: false, stream: false },
  load: { kind: 'closed', concurrency: 50, requests: 50, duration: null },
  warmup: 0,
  timeout: 60_000,
  seed: 1,
  threads: 1,
}

export const OPEN: LoadPlan['load'] = {
  ...{ kind: 'open', rate: 200, arrivals: 'poisson', duration: 30_000, ramp: 5_000, concurrency: null },
} as const

/** The figures of the report that everybody knows. */
export const LATENCY: SeriesResult = {
  ...{ title: 'Answer', count: 50, min: 245.67, mean: 320.15, stddev: 60, max: 534.12 },
  ...{ p50: 312.45, p90: 450, p95: 478.23, p99: 523.89, p999: 534.12 },
  uncertain: ['p99', 'p999'],
  histogram: [],
}

export function resultOf(changes: Partial<LoadResult> = {}): LoadResult {
  return {
    version: 1,
    agentctl: '0.0.0',
    started_at: '2026-01-01T00:00:00.000Z',
    plan: PLAN,
    ...{ elapsed_ms: 15_230, total: 50, succeeded: 50, failed: 0, unfinished: 0, unsent: 0, rate: 3.283 },
    errors: [],
    series: { latency: LATENCY },
    counters: {},
    timeline: [],
    validity: {
      ...{ valid: true, reasons: [], achieved: 1, schedule_lag_ms: 0, event_loop_ms: 1, cpu: 0.1 },
      peak_in_flight: 50,
    },
    thresholds: [],
    ...changes,
  }
}

/** What a histogram makes of these milliseconds. */
export function seriesOfAll(title: string, values: readonly number[]): SeriesResult {
  const histogram = createHistogram()
  for (const value of values) histogram.record(value)
  return seriesOf(title, histogram)
}
