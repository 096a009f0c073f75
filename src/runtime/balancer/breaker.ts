/**
 * When a replica is left alone. Its state is in Redis, so that what one client has found out all of them know.
 * After `pause` one request at a time may try it; if that fails, it is left alone for twice as long.
 */
export interface Breaker {
  /** Failures in a row. */
  failures: number
  /** Share of failures among the last twenty or so, of at least so many requests. */
  share: number
  requests: number
  /** Milliseconds, at first and at most. */
  pause: number
  longest: number
  /** How many must go well before it is back. */
  probes: number
  /** Milliseconds after which another one may try it although the one before has not ended. */
  permit: number
}

export const BREAKER: Breaker = {
  failures: 5,
  share: 0.5,
  requests: 10,
  pause: 1_000,
  longest: 30_000,
  probes: 2,
  permit: 10_000,
}
