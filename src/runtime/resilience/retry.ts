import { type Clock, sleep } from './clock.ts'
import type { RetryBudget } from './retry-budget.ts'

export interface RetryOptions {
  clock: Clock
  /** Between 0 and 1. */
  random: () => number
  /** Tries in all. */
  attempts: number
  /** Milliseconds: the longest first pause; doubled with each further one. */
  base: number
  /** The longest pause of our own choosing, in milliseconds. */
  cap: number
  /** No pause ends after this moment, as the clock counts. */
  deadline?: number | undefined
  signal?: AbortSignal | undefined
  /** Shared by all requests to the same place. */
  budget?: RetryBudget | undefined
  shouldRetry: (error: unknown) => boolean
  /** Milliseconds the other side asks to wait. */
  retryAfterOf?: ((error: unknown) => number | undefined) | undefined
  /** Asked to wait longer than this (60 s), the work is given up at once. */
  patience?: number | undefined
  onRetry?: ((error: unknown, pause: number) => void) | undefined
}

const PATIENCE = 60_000

/**
 * Does the work, again after a failure that may pass. Gives up with the error of the last try: when it is not worth
 * a retry, the tries or the budget are used up, or the next one would begin after the deadline.
 * @param work is told which try it is, from 1
 */
export async function retry<T>(work: (attempt: number) => Promise<T>, options: RetryOptions): Promise<T> {
  const { clock, signal, budget, onRetry } = options
  budget?.deposit()
  for (let attempt = 1; ; attempt++) {
    try {
      return await work(attempt)
    } catch (error) {
      const pause = signal?.aborted ? undefined : pauseAfter(error, attempt, options)
      if (pause === undefined || budget?.withdraw() === false) throw error
      onRetry?.(error, pause)
      await sleep(clock, pause, signal)
    }
  }
}

/**
 * Milliseconds until the next try; undefined to give up. Full jitter
 * (https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/), on top of what the other side asks for:
 * all its clients were told the same.
 */
export function pauseAfter(error: unknown, attempt: number, options: RetryOptions): number | undefined {
  const { clock, random, attempts, base, cap, deadline, shouldRetry, retryAfterOf } = options
  if (attempt >= attempts || !shouldRetry(error)) return undefined
  const asked = retryAfterOf?.(error) ?? 0
  if (asked > (options.patience ?? PATIENCE)) return undefined
  const pause = asked + random() * Math.min(cap, base * 2 ** Math.min(attempt - 1, 30))
  return deadline !== undefined && clock.now() + pause >= deadline ? undefined : pause
}
