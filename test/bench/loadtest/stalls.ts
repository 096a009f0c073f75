import { percentile } from '../support/statistics.ts'

/** Requests per second, and for how many milliseconds. */
export const RATE = 200
export const LENGTH = 40_000
/** Milliseconds that the server takes for each, and for which, in the middle of each period, it does nothing at all. */
export const SERVICE = 10
export const STALL = 1_000
export const PERIOD = 10_000

export interface Percentiles {
  p50: number
  p95: number
  p99: number
  p999: number
}

/** When the server comes to after the stall at `time`, both in milliseconds of its schedule; `time` where there is none. */
function afterStall(time: number): number {
  const from = Math.floor(time / PERIOD) * PERIOD + PERIOD / 2
  return time >= from && time < from + STALL ? from + STALL : time
}

/** What each request waits for, known from the schedule alone: those that are due in a stall, and those it catches under way. */
export function exactAnswer(): Percentiles {
  const latencies: number[] = []
  for (let due = 0; due < LENGTH; due += 1_000 / RATE) {
    latencies.push(afterStall(afterStall(due) + SERVICE) - due)
  }
  return percentilesOf(latencies)
}

function percentilesOf(latencies: readonly number[]): Percentiles {
  return {
    p50: percentile(latencies, 0.5),
    p95: percentile(latencies, 0.95),
    p99: percentile(latencies, 0.99),
    p999: percentile(latencies, 0.999),
  }
}
