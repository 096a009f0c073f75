import { now } from '../support/clock.ts'
import { percentile } from '../support/statistics.ts'
import type { Data } from './events.ts'

/** Counts what the handler was called with, and how late. */
export interface Tally {
  take(data: Data): void
  /** How many different events have come. */
  readonly handled: number
  /** Of the events numbered below `total`. */
  losses(total: number): { lost: number; repeated: number }
  /** Milliseconds from the call of `publish` to the handler, since this was last asked. */
  latency(): { p50: number; p99: number }
}

export function createTally(): Tally {
  const times: number[] = []
  let handled = 0
  let latencies: number[] = []
  return {
    take({ seq, sent }) {
      const before = times[seq] ?? 0
      times[seq] = before + 1
      if (before === 0) handled++
      latencies.push(now() - sent)
    },
    get handled() {
      return handled
    },
    losses(total) {
      let lost = 0
      let repeated = 0
      for (let seq = 0; seq < Math.max(total, times.length); seq++) {
        const count = times[seq] ?? 0
        if (count === 0) lost++
        else repeated += count - 1
      }
      return { lost, repeated }
    },
    latency() {
      const samples = latencies
      latencies = []
      return { p50: percentile(samples, 0.5), p99: percentile(samples, 0.99) }
    },
  }
}
