/** Whose turn it is, where not all can be looked at each time. */
export interface Turns<T> {
  /** At most so many: first those that changed last, then, going round, the others. All where there is room for all. */
  take(budget: number): T[]
  /** Tells how it was when it was looked at. New ones count as changed. */
  settle(item: T, changed: boolean): void
  drop(item: T): void
}

/** Of the room, how much those that change may take from those whose turn it is. */
const SHARE = 0.6
/** Looks in a row without a change, after which it waits for its turn. */
const PATIENCE = 3

/** @param all what there is, in any order; `drop` is told of what is no longer among it */
export function createTurns<T>(all: Pick<ReadonlySet<T>, 'size' | 'has' | 'keys'>): Turns<T> {
  /** Looks since the last change, the latest change last. */
  const changing = new Map<T, number>()
  let round: T[] = []

  function* going(): Generator<T> {
    for (let begun = 0; begun < 2; begun++) {
      for (let next = round.pop(); next !== undefined; next = round.pop()) if (all.has(next)) yield next
      round = [...all.keys()].reverse()
    }
  }

  return {
    take(budget) {
      if (all.size <= budget) return [...all.keys()]
      const chosen = new Set<T>()
      const latest = [...changing.keys()]
      for (let i = latest.length - 1; i >= 0 && chosen.size < budget * SHARE; i--) chosen.add(latest[i] as T)
      if (chosen.size < budget) {
        for (const item of going()) {
          chosen.add(item)
          if (chosen.size >= budget) break
        }
      }
      return [...chosen]
    },
    settle(item, changed) {
      const looks = changed ? 0 : (changing.get(item) ?? PATIENCE) + 1
      if (changed) changing.delete(item)
      if (looks < PATIENCE) changing.set(item, looks)
      else changing.delete(item)
    },
    drop(item) {
      changing.delete(item)
    },
  }
}

/** Milliseconds of a sample that streams may take. */
const TARGET = 12
export const MOST_STREAMS = 500
const FEWEST_STREAMS = 100

/**
 * How many streams to look at next, by what looking at so many has taken.
 * @param budget how many were allowed
 * @param looked how many it were
 * @param ms without the way to Redis and back
 */
export function nextBudget(budget: number, looked: number, ms: number): number {
  if (ms <= TARGET && looked < budget) return budget
  const factor = Math.min(1.25, Math.max(0.5, TARGET / Math.max(ms, 0.1)))
  return Math.round(Math.min(MOST_STREAMS, Math.max(FEWEST_STREAMS, Math.min(budget, looked) * factor)))
}

/** Something that is asked now and then. */
export interface Due {
  /** Monotonic; undefined when it was never asked. */
  asked: number | undefined
  /** What asking costs, in any unit. */
  cost: number
}

/** Those that have waited longest: `share` of them at most, and no more than `budget` costs, but one at least. */
export function chooseDue<T extends Due>(all: readonly T[], share: number, budget: number): T[] {
  const waited = ({ asked }: Due) => asked ?? Number.NEGATIVE_INFINITY
  const chosen: T[] = []
  let spent = 0
  for (const item of all.toSorted((a, b) => waited(a) - waited(b))) {
    spent += item.cost
    if (chosen.length > 0 && (chosen.length >= share || spent > budget)) break
    chosen.push(item)
  }
  return chosen
}
