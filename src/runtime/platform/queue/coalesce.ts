/**
 * Collects what comes in one turn of the event loop, and sends it together.
 * @param send answers each item, in order
 * @param most items in one sending, so that no single call occupies Redis for long
 */
export function coalesce<T, R>(
  send: (items: T[]) => Promise<readonly R[]>,
  most = 100,
): (item: T) => Promise<R> {
  let items: T[] = []
  let waiting: { done(value: R): void; failed(error: unknown): void }[] = []

  function flush(): void {
    const [all, waiters] = [items, waiting]
    items = []
    waiting = []
    for (let i = 0; i < all.length; i += most)
      void deliver(all.slice(i, i + most), waiters.slice(i, i + most))
  }

  async function deliver(batch: T[], waiters: typeof waiting): Promise<void> {
    try {
      const values = await send(batch)
      for (const [i, { done }] of waiters.entries()) done(values[i] as R)
    } catch (error) {
      for (const { failed } of waiters) failed(error)
    }
  }

  return (item) =>
    new Promise((done, failed) => {
      waiting.push({ done, failed })
      if (items.push(item) === 1) setImmediate(flush)
    })
}
