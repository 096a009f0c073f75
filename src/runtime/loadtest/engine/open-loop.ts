import type { Histogram } from '../histogram.ts'
import { add, type Board } from './board.ts'
import type { Loop } from './loop.ts'
import type { Pacer } from './pacer.ts'
import type { Recorder } from './recorder.ts'
import type { Due, Schedule } from './schedule.ts'

export interface OpenLoopOptions {
  readonly schedule: Schedule
  /** Under way at once in this thread. */
  readonly limit: number
  /** Milliseconds after which what is due is not begun any more; Infinity: always. */
  readonly timeout: number
  readonly recorder: Recorder
  readonly board: Board
  readonly pacer: Pacer
  /** `performance.now()` when the run begins. */
  readonly startAt: number
  /** Called once nothing is left to do. */
  onDone(): void
}

interface Waiting extends Due {
  next: Waiting | undefined
}

/** Operations begun in one turn of the event loop when many are late; then answers are read. */
const IN_A_TURN = 64

/**
 * Begins each operation when it is due, whether earlier ones have ended or not. What is late is begun at once and keeps the time it
 * was due at. Beyond the limit it waits in a queue; nothing is left out, but what has waited longer than it may take is not sent.
 */
export function createOpenLoop(options: OpenLoopOptions): Loop {
  const { schedule, limit, timeout, recorder, board, pacer, startAt, onDone } = options
  const lag = board.series.get('lag') as Histogram
  let due = schedule.next()
  let first: Waiting | undefined
  let last: Waiting | undefined
  let over = false

  function turn(): void {
    for (let i = 0; i < IN_A_TURN && due && !over; i++) {
      const late = performance.now() - startAt - due.at
      if (late < 0) break
      release(due, late)
      due = schedule.next()
    }
    if (over) return
    if (due) pacer.at(startAt + due.at, turn)
    else finishIfDone()
  }

  function release(each: Due, late: number): void {
    if (each.measured) {
      add(board.total)
      lag.record(late)
    }
    if (recorder.inFlight < limit) begin(each)
    else append(each)
  }

  function begin({ index, at, measured }: Due): void {
    recorder.begin(index, startAt + at, measured)
  }

  function append(each: Due): void {
    const waiting: Waiting = { ...each, next: undefined }
    if (last) last.next = waiting
    else first = waiting
    last = waiting
  }

  function shift(): Waiting | undefined {
    const each = first
    first = each?.next
    if (!first) last = undefined
    return each
  }

  function finishIfDone(): void {
    if (!due && !first && recorder.inFlight === 0) onDone()
  }

  return {
    start: turn,
    onEnd() {
      while (first && !over && recorder.inFlight < limit) {
        const each = shift() as Waiting
        if (performance.now() - startAt - each.at < timeout) begin(each)
      }
      if (!over) finishIfDone()
    },
    stop() {
      over = true
      pacer.cancel()
      const now = performance.now() - startAt
      for (; due && due.at <= now; due = schedule.next()) if (due.measured) add(board.total)
    },
  }
}
