import type { ClosedLoad } from '../plan.ts'
import { add, type Board, type Tickets } from './board.ts'
import type { Loop } from './loop.ts'
import type { Recorder } from './recorder.ts'

export interface ClosedLoopOptions {
  readonly load: ClosedLoad
  /** Of this thread. */
  readonly clients: number
  readonly tickets: Tickets
  readonly recorder: Recorder
  readonly board: Board
  /** `performance.now()` when measuring begins. */
  readonly measureFrom: number
  /** Called once nothing is left to do. */
  onDone(): void
}

/** Operations that end at once are followed by others in the same turn of the event loop: so many, then others get theirs. */
const IN_A_TURN = 1_000

/** So many clients, each beginning its next operation when its last one has ended. */
export function createClosedLoop(options: ClosedLoopOptions): Loop {
  const { load, tickets, recorder, board, measureFrom, onDone } = options
  const until = load.duration === null ? Number.POSITIVE_INFINITY : measureFrom + load.duration
  let idle = options.clients
  let beginning = false
  let over = false

  function begin(): void {
    if (beginning) return // called by what begins below
    beginning = true
    let left = IN_A_TURN
    while (!over && idle > 0 && left > 0) {
      left--
      beginOne(performance.now())
    }
    beginning = false
    if (over && recorder.inFlight === 0) onDone()
    else if (idle > 0 && !over) setImmediate(begin)
  }

  function beginOne(now: number): void {
    const measured = now >= measureFrom
    if (now >= until || (measured && load.requests !== null && !tickets.take(load.requests))) {
      over = true
      return
    }
    if (measured) add(board.total)
    idle--
    recorder.begin(tickets.nextIndex(), undefined, measured)
  }

  return {
    start: begin,
    onEnd() {
      idle++
      begin()
    },
    stop() {
      over = true
    },
  }
}
