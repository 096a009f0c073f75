import { paceFor, withinLimits } from './pace.ts'

/** Does something again and again, never twice at once. */
export interface Loop {
  /** Milliseconds between two beginnings now. */
  pace(): number
  setInterval(ms: number): void
  setPaused(paused: boolean): void
  /** Now, also while paused; when one is under way, right after it. */
  refresh(): void
  /** Resolves when nothing is under way any more. */
  close(): Promise<void>
}

export interface LoopOptions {
  /** Resolves with the milliseconds it took of the other side; must not reject. */
  work(): Promise<number>
  interval: number
  /** Milliseconds of a clock that is never set. */
  monotonic: () => number
}

/** Begins at once. */
export function startLoop({ work, interval, monotonic }: LoopOptions): Loop {
  let wanted = withinLimits(interval)
  let took = 0
  let paused = false
  let closed = false
  let again = false
  let begun = Number.NEGATIVE_INFINITY
  let running: Promise<void> | undefined
  let timer: NodeJS.Timeout | undefined

  const pace = () => paceFor(wanted, took)

  function begin(): void {
    clearTimeout(timer)
    if (closed) return
    again = false
    begun = monotonic()
    running = work().then((ms) => {
      took = ms
      running = undefined
      if (again) begin()
      else plan()
    })
  }

  function plan(): void {
    clearTimeout(timer)
    if (paused || closed || running) return
    timer = setTimeout(begin, Math.max(0, begun + pace() - monotonic()))
  }

  begin()
  return {
    pace,
    setInterval(ms) {
      wanted = withinLimits(ms)
      plan()
    },
    setPaused(next) {
      paused = next
      if (paused) clearTimeout(timer)
      else plan()
    },
    refresh() {
      if (running) again = true
      else begin()
    },
    async close() {
      closed = true
      clearTimeout(timer)
      await running
    },
  }
}
