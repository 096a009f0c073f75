import type { Clock } from './clock.ts'

/** How many retries a client may make, all its requests together. */
export interface RetryBudget {
  /** Told about each request, not about its retries. */
  deposit(): void
  /** Takes one retry if there is one left. */
  withdraw(): boolean
}

export interface RetryBudgetOptions {
  clock: Clock
  /** Retries a request pays for: 0.1 allows one for ten requests. */
  ratio?: number
  /** Retries that may be saved up. */
  most?: number
  /** Up to so many come back by themselves, one a second: a client with few requests may retry as well. */
  floor?: number
}

/**
 * Keeps retries from multiplying the load on something that fails already: a token bucket filled by requests, as in
 * Finagle's RetryBudget (https://twitter.github.io/finagle/guide/Clients.html#retries).
 */
export function createRetryBudget({
  clock,
  ratio = 0.1,
  most = 100,
  floor = 5,
}: RetryBudgetOptions): RetryBudget {
  let tokens = floor
  let filled = clock.now()

  function refill(): void {
    const now = clock.now()
    if (tokens < floor) tokens = Math.min(floor, tokens + (now - filled) / 1_000)
    filled = now
  }

  return {
    deposit() {
      tokens = Math.min(most, tokens + ratio)
    },
    withdraw() {
      refill()
      if (tokens < 1) return false
      tokens -= 1
      return true
    },
  }
}
