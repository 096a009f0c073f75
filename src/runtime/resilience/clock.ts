/** Time as this room sees it. Passed in, so that tests need not wait. */
export interface Clock {
  /** Milliseconds since some moment; never goes back. Deadlines are given in this time. */
  now(): number
  /** Runs something once after so many milliseconds; the returned function prevents it. */
  after(ms: number, run: () => void): () => void
}

/** The longest time that timers understand. */
const LONGEST = 2_147_483_647

/** `performance.now()` and timers of Node. */
export const monotonicClock: Clock = {
  now: () => performance.now(),
  after(ms, run) {
    const timer = setTimeout(run, Math.min(LONGEST, Math.max(0, ms)))
    return () => clearTimeout(timer)
  },
}

/** Rejects with the reason of `signal` when that is aborted before the time is over. */
export function sleep(clock: Clock, ms: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) return reject(signal.reason)
    const wake = clock.after(ms, () => {
      signal?.removeEventListener('abort', stop)
      resolve()
    })
    function stop(): void {
      wake()
      reject(signal?.reason)
    }
    signal?.addEventListener('abort', stop, { once: true })
  })
}
