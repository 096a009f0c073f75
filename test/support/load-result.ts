import { createHistogram } from '../../src/runtime/loadtest/histogram.ts'
import type { LoadPlan, LoadResult } from '../../src/runtime/loadtest/index.ts'
import { seriesOf } from '../../src/runtime/loadtest/series.ts'

/** A plan of 200 requests a second for ten seconds. */
export function loadPlanOf(more: Partial<LoadPlan> = {}): LoadPlan {
  return {
    scenario: 'url',
    target: 'http://127.0.0.1:1/',
    options: {},
    load: { kind: 'open', rate: 200, arrivals: 'constant', duration: 10_000, ramp: 0, concurrency: null },
    warmup: 0,
    timeout: 60_000,
    seed: 1,
    threads: 1,
    ...more,
  }
}

/** The result of a run in which these were the latencies, and everything else went well. */
export function loadResultOf(latencies: readonly number[], more: Partial<LoadResult> = {}): LoadResult {
  const histogram = createHistogram()
  for (const latency of latencies) histogram.record(latency)
  return {
    version: 1,
    agentctl: '0.0.0',
    started_at: '2024-05-01T12:00:00.000Z',
    plan: loadPlanOf(),
    elapsed_ms: 10_000,
    total: latencies.length,
    succeeded: latencies.length,
    failed: 0,
    unfinished: 0,
    unsent: 0,
    rate: latencies.length / 10,
    errors: [],
    series: { latency: seriesOf('Response', histogram) },
    counters: {},
    timeline: [],
    validity: {
      valid: true,
      reasons: [],
      achieved: 1,
      schedule_lag_ms: 0,
      event_loop_ms: 0,
      cpu: 0,
      peak_in_flight: 1,
    },
    thresholds: [],
    ...more,
  }
}
