/** Items go in one by one, and out in batches: while one batch is under way, the next one gathers. */
export interface Gathering<I, O> {
  /** Resolves with what became of the item. */
  add(item: I): Promise<O>
  /** Items that wait or are under way. */
  readonly size: number
}

interface Waiting<I, O> {
  item: I
  resolve(result: O | PromiseLike<O>): void
  reject(error: unknown): void
}

/**
 * A single item waits for nothing; under load a batch is as large as what has come meanwhile.
 * @param limit items in a batch at most
 * @param run is never called while it is running; gives one result for each item, in order; for what follows
 *   after it, a promise of one, which the next batch does not wait for
 */
export function createGathering<I, O>(
  limit: number,
  run: (items: I[]) => Promise<readonly (O | PromiseLike<O>)[]>,
): Gathering<I, O> {
  const waiting: Waiting<I, O>[] = []
  let running = 0
  let working = false

  async function work(): Promise<void> {
    while (waiting.length > 0) {
      const batch = waiting.splice(0, limit)
      running = batch.length
      try {
        const results = await run(batch.map(({ item }) => item))
        batch.forEach(({ resolve }, i) => {
          resolve(results[i] as O | PromiseLike<O>)
        })
      } catch (error) {
        for (const { reject } of batch) reject(error)
      }
      running = 0
      // What these let happen, such as further items, belongs to the next batch.
      await new Promise((next) => setImmediate(next))
    }
    working = false
  }

  return {
    get size() {
      return waiting.length + running
    },
    add: (item) =>
      new Promise((resolve, reject) => {
        waiting.push({ item, resolve, reject })
        if (working) return
        working = true
        setImmediate(() => void work())
      }),
  }
}
