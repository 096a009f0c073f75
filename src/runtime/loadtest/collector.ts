import type { Board } from './engine/board.ts'
import { createCauses } from './engine/causes.ts'
import type { LoadThread } from './engine/threads.ts'
import { createHistogram, type Histogram } from './histogram.ts'
import type { Second } from './result.ts'

/** The sum over all threads, as of now. */
export interface Totals {
  total: number
  succeeded: number
  failed: number
  begun: number
  begunInTime: number
  inFlight: number
  peak: number
  lastEnd: number
}

/** Sums up what threads count. */
export interface Collector {
  totals(): Totals
  /** The same histogram each time: it is overwritten by the next call. */
  series(name: string): Histogram
  counters(): Record<string, number>
  errors(): { cause: string; count: number }[]
  /** Takes over the seconds that have passed by then, which is when they must be seen at the latest: they are overwritten. */
  collect(elapsed: number): readonly Second[]
  /** All seconds of a run that has ended, with what came late for those that are still in memory. */
  timeline(elapsed: number): Second[]
}

type Cells = Exclude<
  { [K in keyof Board]: Board[K] extends { get(): number } ? K : never }[keyof Board],
  never
>

export function createCollector(threads: readonly LoadThread[]): Collector {
  const merged = createHistogram()
  const boards = threads.map(({ board }) => board)
  const seconds: Second[] = []
  const sum = (name: Cells): number => boards.reduce((total, board) => total + board[name].get(), 0)

  function secondOf(second: number): Second {
    merged.clear()
    const sums = { succeeded: 0, failed: 0, in_flight: 0 }
    for (const board of boards) {
      const slot = board.slot(second)
      if (slot.tag.get() !== second + 1) {
        sums.in_flight += board.inFlight.get() // nothing has ended in it
        continue
      }
      sums.succeeded += slot.succeeded.get()
      sums.failed += slot.failed.get()
      sums.in_flight += slot.inFlight.get()
      merged.add(slot.latency)
    }
    const at = (q: number): number | null => (merged.count === 0 ? null : merged.percentile(q))
    return { second, ...sums, p50: at(0.5), p99: at(0.99) }
  }

  const isKept = (second: number): boolean =>
    boards.some((board) => board.slot(second).tag.get() === second + 1)

  function collect(elapsed: number): readonly Second[] {
    while ((seconds.length + 1) * 1_000 <= elapsed) seconds.push(secondOf(seconds.length))
    return seconds
  }

  return {
    totals: () => ({
      total: sum('total'),
      succeeded: sum('succeeded'),
      failed: sum('failed'),
      begun: sum('begun'),
      begunInTime: sum('begunInTime'),
      inFlight: sum('inFlight'),
      peak: sum('peak'),
      lastEnd: Math.max(...boards.map((board) => board.lastEnd.get())),
    }),
    series(name) {
      merged.clear()
      for (const board of boards) {
        const histogram = board.series.get(name)
        if (histogram) merged.add(histogram)
      }
      return merged
    },
    counters() {
      const names = [...(boards[0]?.counters.keys() ?? [])]
      const total = (name: string) =>
        boards.reduce((all, board) => all + (board.counters.get(name)?.get() ?? 0), 0)
      return Object.fromEntries(names.map((name) => [name, total(name)]))
    },
    errors() {
      const causes = createCauses()
      for (const thread of threads) for (const { cause, count } of thread.causes()) causes.add(cause, count)
      return causes.list()
    },
    collect,
    timeline(elapsed) {
      const all = collect(Math.ceil(elapsed / 1_000) * 1_000)
      return all.map((row) =>
        isKept(row.second) ? { ...secondOf(row.second), in_flight: row.in_flight } : row,
      )
    },
  }
}
