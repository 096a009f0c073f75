import type { LoadPlan, Progress, SeriesResult } from '../../src/runtime/loadtest/index.ts'

export function examplePlan(overrides: Partial<LoadPlan> = {}): LoadPlan {
  return {
    scenario: 'query',
    target: 'http://127.0.0.1:8000',
    options: {},
    load: {
      kind: 'open',
      rate: 200,
      arrivals: 'constant',
      duration: 30_000,
      ramp: 0,
      concurrency: null,
    },
    warmup: 0,
    timeout: 60_000,
    seed: 1,
    threads: 1,
    ...overrides,
  }
}

/** Buckets of one millisecond each. */
export const boundsOf = (index: number): [number, number] => [index, index + 1]

export function exampleSeries(overrides: Partial<SeriesResult> = {}): SeriesResult {
  return {
    title: 'Latency',
    count: 2_000,
    min: 1,
    mean: 12,
    stddev: 5,
    max: 100,
    p50: 10,
    p90: 20,
    p95: 30,
    p99: 50,
    p999: 80,
    uncertain: ['p999'],
    histogram: [
      [1, 10],
      [10, 1_500],
      [20, 400],
      [50, 80],
      [100, 10],
    ],
    ...overrides,
  }
}

export function exampleProgress(overrides: Partial<Progress> = {}): Progress {
  return {
    phase: 'measuring',
    elapsed_ms: 12_000,
    done: 0.4,
    total: 2_010,
    succeeded: 2_000,
    failed: 10,
    in_flight: 4,
    rate: 199,
    target_rate: 200,
    latency: exampleSeries(),
    errors: [{ cause: 'HTTP 503 QUERY_NO_REPLICA', count: 10 }],
    timeline: Array.from({ length: 12 }, (_, second) => ({
      second,
      succeeded: 180 + second,
      failed: 1,
      p50: 10,
      p99: 50,
      in_flight: 4,
    })),
    warnings: ['Operations are begun up to 12 ms late (p99).'],
    ...overrides,
  }
}
