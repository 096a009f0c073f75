import { HISTOGRAM_BYTES, type Histogram, histogramOn } from '../histogram.ts'

/**
 * What one thread has counted, in shared memory: it writes, and whoever shows or sums up reads at any time, without asking it.
 * Times are milliseconds since measuring began.
 */
export interface Board {
  /** By name of the series; `lag` is how late operations were begun. */
  readonly series: ReadonlyMap<string, Histogram>
  readonly counters: ReadonlyMap<string, Cell>
  readonly total: Cell
  readonly succeeded: Cell
  readonly failed: Cell
  /** Measured ones that have begun, and those that have begun by the end of the planned time, or no later than may be. */
  readonly begun: Cell
  readonly begunInTime: Cell
  /** Warm-up included. */
  readonly inFlight: Cell
  readonly peak: Cell
  /** Of the last operation that was measured. */
  readonly lastEnd: Cell
  /** The counts of one second. */
  slot(second: number): Slot
}

/** A number that others can see. */
export interface Cell {
  get(): number
  set(value: number): void
}

/** Memory of some second; `tag` is the second + 1, or 0 while it is unused. */
export interface Slot {
  readonly tag: Cell
  readonly succeeded: Cell
  readonly failed: Cell
  readonly inFlight: Cell
  readonly latency: Histogram
}

/** Seconds that are kept: so long may the reader be away. */
export const SLOTS = 8
const CELLS = 8
const SLOT_CELLS = 4
const SLOT_BYTES = SLOT_CELLS * 8 + HISTOGRAM_BYTES

export interface BoardNames {
  readonly series: readonly string[]
  readonly counters: readonly string[]
}

export function boardBytes({ series, counters }: BoardNames): number {
  return (CELLS + counters.length) * 8 + series.length * HISTOGRAM_BYTES + SLOTS * SLOT_BYTES
}

export function boardOn(memory: SharedArrayBuffer, { series, counters }: BoardNames): Board {
  const cells = new Float64Array(memory, 0, CELLS + counters.length)
  const histograms = cells.byteLength
  const slots = histograms + series.length * HISTOGRAM_BYTES
  const all = Array.from({ length: SLOTS }, (_, i) => slotOn(memory, slots + i * SLOT_BYTES))
  return {
    total: cellOf(cells, 0),
    succeeded: cellOf(cells, 1),
    failed: cellOf(cells, 2),
    begun: cellOf(cells, 3),
    begunInTime: cellOf(cells, 4),
    inFlight: cellOf(cells, 5),
    peak: cellOf(cells, 6),
    lastEnd: cellOf(cells, 7),
    counters: new Map(counters.map((name, i) => [name, cellOf(cells, CELLS + i)])),
    series: new Map(series.map((name, i) => [name, histogramOn(memory, histograms + i * HISTOGRAM_BYTES)])),
    slot: (second) => all[second % SLOTS] as Slot,
  }
}

function slotOn(memory: SharedArrayBuffer, offset: number): Slot {
  const cells = new Float64Array(memory, offset, SLOT_CELLS)
  return {
    tag: cellOf(cells, 0),
    succeeded: cellOf(cells, 1),
    failed: cellOf(cells, 2),
    inFlight: cellOf(cells, 3),
    latency: histogramOn(memory, offset + cells.byteLength),
  }
}

function cellOf(cells: Float64Array, index: number): Cell {
  return {
    get: () => cells[index] as number,
    set(value) {
      cells[index] = value
    },
  }
}

export const add = (cell: Cell, by = 1): void => cell.set(cell.get() + by)

/** What all threads share: the index of the next operation, and how many were taken of the requests of a closed loop. */
export interface Tickets {
  nextIndex(): number
  /** False when all are taken. */
  take(requests: number): boolean
}

export const TICKETS_BYTES = 16

export function ticketsOn(memory: SharedArrayBuffer): Tickets {
  const words = new BigInt64Array(memory)
  return {
    nextIndex: () => Number(Atomics.add(words, 0, 1n)),
    take: (requests) => Atomics.add(words, 1, 1n) < BigInt(requests),
  }
}
