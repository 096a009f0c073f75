/** Waits for points in time much more exactly than timers do. */
export interface Pacer {
  /** Calls back at `time` by `performance.now()`, or as soon as possible after it. One call at a time. */
  at(time: number, run: () => void): void
  cancel(): void
}

/** Timers count whole milliseconds, from a clock that is up to one old. */
const TIMER_ERROR = 1
const SHORTEST_TIMER = 1
/** Milliseconds to sleep between two looks at the clock and the network: what is late by as much is not noticed. */
const NAP = 0.1

/**
 * The bulk of the time is left to a timer, which costs nothing; of the last millisecond or two the thread sleeps a tenth at a time
 * and reads what has arrived in between. Turning the event loop without sleeping would be no better and take a whole core.
 */
export function createPacer(nap: (milliseconds: number) => void = sleep): Pacer {
  let timer: NodeJS.Timeout | undefined
  let immediate: NodeJS.Immediate | undefined
  let time = 0
  let run: () => void = () => {}

  function wait(): void {
    const left = time - performance.now()
    if (left <= 0) run()
    else if (left >= TIMER_ERROR + SHORTEST_TIMER) timer = setTimeout(wait, Math.floor(left - TIMER_ERROR))
    else {
      nap(Math.min(left, NAP))
      immediate = setImmediate(wait)
    }
  }

  return {
    at(when, callback) {
      time = when
      run = callback
      if (time <= performance.now())
        immediate = setImmediate(wait) // others get their turn
      else wait()
    },
    cancel() {
      clearTimeout(timer)
      clearImmediate(immediate)
    },
  }
}

const never = new Int32Array(new SharedArrayBuffer(4))

function sleep(milliseconds: number): void {
  Atomics.wait(never, 0, 0, milliseconds)
}
