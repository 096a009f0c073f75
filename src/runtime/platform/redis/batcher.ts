/**
 * Turns calls made in the same turn of the event loop into one. Under load, when replies arrive together and each lets its
 * caller go on, this makes one command of many; a single call waits for nothing.
 */
export interface Batcher<I, O> {
  add(item: I): Promise<O>
}

interface Waiting<I, O> {
  item: I
  resolve(result: O): void
  reject(error: unknown): void
}

/**
 * @param run gets at most `limit` items and gives one result for each, in order
 * @param schedule when to send what is fewer: by default after the microtasks of this turn, so that all callers that go on in
 *   it are in; `setImmediate` also takes along what arrives over other connections in the same turn
 */
export function createBatcher<I, O>(
  limit: number,
  run: (items: I[]) => Promise<readonly O[]>,
  schedule: (flush: () => void) => unknown = process.nextTick,
): Batcher<I, O> {
  let waiting: Waiting<I, O>[] = []

  function flush(): void {
    const batch = waiting
    waiting = []
    if (batch.length > 0) void answer(batch)
  }

  async function answer(batch: Waiting<I, O>[]): Promise<void> {
    try {
      const results = await run(batch.map(({ item }) => item))
      batch.forEach(({ resolve }, i) => {
        resolve(results[i] as O)
      })
    } catch (error) {
      for (const { reject } of batch) reject(error)
    }
  }

  return {
    add: (item) =>
      new Promise((resolve, reject) => {
        if (waiting.length === 0) schedule(flush)
        waiting.push({ item, resolve, reject })
        // What is enough goes out at once: the other side works on it while the rest of the turn goes on.
        if (waiting.length === limit) flush()
      }),
  }
}
