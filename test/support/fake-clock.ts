import { setImmediate as turn } from 'node:timers/promises'
import type { Clock } from '../../src/runtime/resilience/index.ts'

/** Time that passes when it is told to. */
export interface FakeClock extends Clock {
  /** Lets so many milliseconds pass; what is due runs in its order, and what follows from it has its turn. */
  advance(ms: number): Promise<void>
  /** Passes from one timer to the next until `work` is done. */
  until<T>(work: Promise<T>): Promise<T>
  /** Timers that wait. */
  readonly pending: number
}

interface Timer {
  at: number
  run: () => void
}

export function createFakeClock(start = 0): FakeClock {
  let now = start
  const timers = new Set<Timer>()
  const next = () => [...timers].sort((a, b) => a.at - b.at)[0]

  async function runUntil(end: number): Promise<void> {
    await turn()
    for (let timer = next(); timer && timer.at <= end; timer = next()) {
      timers.delete(timer)
      now = Math.max(now, timer.at)
      timer.run()
      await turn()
    }
    now = Math.max(now, end)
  }

  return {
    now: () => now,
    after(ms, run) {
      const timer = { at: now + Math.max(0, ms), run }
      timers.add(timer)
      return () => timers.delete(timer)
    },
    advance: (ms) => runUntil(now + ms),
    async until(work) {
      let done = false
      const end = () => {
        done = true
      }
      work.then(end, end)
      await turn()
      while (!done) {
        const timer = next()
        if (timer) await runUntil(timer.at)
        else await turn()
      }
      return work
    },
    get pending() {
      return timers.size
    },
  }
}
