import type { Primary } from '../../platform/redis/index.ts'
import type { Discovery } from '../snapshot.ts'
import type { Refusals } from './refusals.ts'

/** Goes through all keys of all servers for streams, a little at a time, and begins anew when it has come to the end. */
export interface StreamScan {
  /**
   * Goes on for a moment.
   * @param pings milliseconds of the way to each server and back
   * @throws Error of the driver
   */
  step(primaries: readonly Primary[], pings: ReadonlyMap<string, number>): Promise<string[]>
  /** @param keys how many there are now, by server */
  facts(keys: ReadonlyMap<string, number>): Omit<Discovery, 'streams'>
}

/** Calls of one server in one step; all but the first step end sooner when that takes long. */
const CALLS = 10
const LONGEST_STEP = 5
/** Milliseconds that one call should take. */
const TARGET = 1
const FIRST_COUNT = 1_000
/** How much longer than a scan took is the pause before the next, and milliseconds it has at least and at most. */
const PAUSE_FACTOR = 200
const SHORTEST_PAUSE = 2_000
const LONGEST_PAUSE = 30_000

interface Walk {
  cursor: string
  count: number
  looked: number
  /** Milliseconds that its calls have taken. */
  spent: number
  /** Of the scan under way. */
  done: boolean
}

export function createStreamScan(refusals: Refusals, monotonic: () => number): StreamScan {
  let walks = new Map<string, Walk>()
  let complete = false
  let first = true
  let restUntil = Number.NEGATIVE_INFINITY

  async function walk(primary: Primary, state: Walk, ping: number): Promise<string[]> {
    const began = monotonic()
    const found: string[] = []
    for (let calls = 0; calls < CALLS && !state.done; calls++) {
      const from = monotonic()
      if (!first && from - began >= LONGEST_STEP) break
      const [cursor, keys] = await primary.redis.scan(state.cursor, 'COUNT', state.count, 'TYPE', 'stream')
      for (const key of keys) found.push(key)
      state.looked += state.count
      state.cursor = cursor
      state.done = cursor === '0'
      const took = monotonic() - from
      state.spent += took
      state.count = nextCount(state.count, took - ping)
    }
    return found
  }

  function follow(primaries: readonly Primary[]): void {
    const resting = [...walks.values()].every(({ done }) => done)
    const anew = resting && monotonic() >= restUntil
    walks = new Map(
      primaries.map(({ name }) => {
        const known = walks.get(name)
        const start = { cursor: '0', count: known?.count ?? FIRST_COUNT, looked: 0, spent: 0, done: false }
        return [name, known && !anew ? known : start]
      }),
    )
  }

  return {
    async step(primaries, pings) {
      if (!refusals.allows('scan')) return []
      follow(primaries)
      const open = primaries.filter(({ name }) => walks.get(name)?.done === false)
      if (open.length === 0) return []
      try {
        const found = await Promise.all(
          open.map((primary) => walk(primary, walks.get(primary.name) as Walk, pings.get(primary.name) ?? 0)),
        )
        first = false
        if ([...walks.values()].every(({ done }) => done)) {
          complete = true
          restUntil = monotonic() + pauseAfter(Math.max(...[...walks.values()].map(({ spent }) => spent)))
        }
        return found.flat()
      } catch (error) {
        if (refusals.note('scan', error as Error)) return []
        throw error
      }
    },
    facts(keys) {
      let [total, scanned] = [0, 0]
      for (const [name, count] of keys) {
        const { looked = 0, done = false } = walks.get(name) ?? {}
        total += count
        scanned += done ? count : Math.min(looked, count)
      }
      return { scanned, keys: total, complete }
    },
  }
}

/** Milliseconds to rest after a scan: few keys are looked through often, so that new streams are seen soon; many seldom. */
export function pauseAfter(spent: number): number {
  return Math.min(LONGEST_PAUSE, Math.max(SHORTEST_PAUSE, spent * PAUSE_FACTOR))
}

/** Grown or shrunk so that one call takes about as long as it should: it holds up everybody else. */
export function nextCount(count: number, ms: number): number {
  const factor = Math.min(2, Math.max(0.5, TARGET / Math.max(ms, 0.05)))
  return Math.round(Math.min(10_000, Math.max(100, count * factor)))
}
