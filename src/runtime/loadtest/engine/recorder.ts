import type { Histogram } from '../histogram.ts'
import type { OpenScenario, Operation } from '../scenario.ts'
import { LATE } from '../validity.ts'
import { add, type Board, type Slot } from './board.ts'
import type { Causes } from './causes.ts'

/** Begins operations and writes down what becomes of them. */
export interface Recorder {
  /** @param due by `performance.now()`; undefined: it is due as it begins, and nothing is lost in between */
  begin(index: number, due: number | undefined, measured: boolean): void
  readonly inFlight: number
  /** Counts nothing any more: what has not ended is unfinished. */
  stop(): void
}

export interface RecorderOptions {
  readonly scenario: OpenScenario
  readonly board: Board
  readonly causes: Causes
  /** `performance.now()` when measuring begins. */
  readonly measureFrom: number
  /** Planned milliseconds of measuring. */
  readonly duration: number
  /** Told after each that has ended, measured or not. */
  onEnd(): void
}

export function createRecorder(options: RecorderOptions): Recorder {
  const { scenario, board, causes, measureFrom, duration, onEnd } = options
  const latency = board.series.get('latency') as Histogram
  const service = board.series.get('service')
  const wait = board.series.get('wait')
  const slotAt = createSlots(board)
  let inFlight = 0
  let stopped = false

  function changeInFlight(by: number): void {
    inFlight += by
    board.inFlight.set(inFlight)
    if (inFlight > board.peak.get()) board.peak.set(inFlight)
  }

  function noteBegin(begun: number): void {
    add(board.begun)
    if (begun - measureFrom <= duration + LATE) add(board.begunInTime)
  }

  function noteEnd(at: number, ok: boolean, milliseconds: number): void {
    const since = Math.max(0, at - measureFrom)
    if (since > board.lastEnd.get()) board.lastEnd.set(since)
    const slot = slotAt(Math.floor(since / 1_000))
    slot.inFlight.set(inFlight)
    add(ok ? board.succeeded : board.failed)
    add(ok ? slot.succeeded : slot.failed)
    if (!ok) return
    latency.record(milliseconds)
    slot.latency.record(milliseconds)
  }

  return {
    begin(index, due, measured) {
      const begun = performance.now()
      const from = due ?? begun
      let over = false
      /** False when it has ended already, or nobody counts any more. */
      const end = (): boolean => {
        if (over || stopped) return false
        over = true
        changeInFlight(-1)
        return true
      }
      const operation: Operation = {
        index,
        due: from,
        record(series, milliseconds) {
          if (measured && !over && !stopped) board.series.get(series)?.record(milliseconds)
        },
        count(counter, by) {
          const cell = board.counters.get(counter)
          if (measured && !over && !stopped && cell) add(cell, by)
        },
        succeed(at) {
          if (!end()) return
          if (measured) {
            noteEnd(at, true, at - from)
            service?.record(at - begun)
            wait?.record(begun - from)
          }
          onEnd()
        },
        fail(cause) {
          if (!end()) return
          if (measured) {
            causes.add(cause)
            noteEnd(performance.now(), false, 0)
          }
          onEnd()
        },
      }
      if (measured) noteBegin(begun)
      changeInFlight(1)
      scenario.begin(operation)
    },
    get inFlight() {
      return inFlight
    },
    stop() {
      stopped = true
    },
  }
}

/** The memory of a second, which is emptied when that second begins; what comes late for one that is gone goes to the newest. */
function createSlots(board: Board): (second: number) => Slot {
  let newest = -1
  return (second) => {
    const slot = board.slot(second)
    if (slot.tag.get() === second + 1) return slot
    if (second < newest) return board.slot(newest)
    slot.tag.set(0)
    slot.succeeded.set(0)
    slot.failed.set(0)
    slot.inFlight.set(0)
    slot.latency.clear()
    slot.tag.set(second + 1)
    newest = second
    return slot
  }
}
