export interface Backoff {
  /** Milliseconds before the second delivery; doubled with each further one. */
  min: number
  /** Longest pause, in milliseconds. */
  max: number
}

/**
 * Pause after a failed delivery: exponential, with up to a quarter of jitter, so that what failed together does not
 * come back together.
 * @param random between 0 and 1
 */
export function backoffAfter(delivery: number, { min, max }: Backoff, random: number): number {
  return Math.round(Math.min(max, min * 2 ** Math.min(delivery - 1, 30)) * (0.75 + random / 4))
}
