import { type Clock, sleep } from './clock.ts'

/**
 * Keeps requests back after the other side has said that there are too many (HTTP 429): asking again before it wants to
 * be asked only prolongs that. Nothing is broken, so this has nothing to do with a circuit breaker.
 */
export interface RateGate {
  closeFor(ms: number): void
  /** Milliseconds until it is open; 0 when it is. */
  remaining(): number
  /** Waits for the gate, if that takes no longer than `patience` milliseconds. Resolves to what is missing otherwise, or to 0. */
  pass(options: { patience: number; signal?: AbortSignal | undefined }): Promise<number>
}

export interface RateGateOptions {
  clock: Clock
  /** It is never closed for longer (60 s): limits may be raised, and then somebody has to notice. */
  longest?: number
}

export function createRateGate({ clock, longest = 60_000 }: RateGateOptions): RateGate {
  let until = 0

  const remaining = () => Math.max(0, until - clock.now())

  return {
    remaining,
    closeFor(ms) {
      until = Math.max(until, clock.now() + Math.min(ms, longest))
    },
    async pass({ patience, signal }) {
      // Those who waited may be told again that they are too many.
      for (let left = patience; ; ) {
        const wait = remaining()
        if (wait === 0 || wait > left) return wait
        await sleep(clock, wait, signal)
        left -= wait
      }
    },
  }
}
