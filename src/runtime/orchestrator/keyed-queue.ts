import type { Clock } from '../resilience/index.ts'

export interface KeyedQueueOptions {
  /**
   * Looks after one key.
   * @returns milliseconds after which to look again
   */
  work(key: string): Promise<number | undefined>
  /** Told of failures; the key is tried again after a pause. */
  onFailure(key: string, error: unknown, pause: number): void
  /** Keys at once. */
  parallel: number
  /** Milliseconds: the longest first pause after a failure, doubled with each further one up to `cap`. */
  base: number
  cap: number
  clock: Clock
  /** Between 0 and 1. */
  random: () => number
}

/** Looks after keys: one loop each, however often it is asked to look, and not too many at once. */
export interface KeyedQueue {
  /** Has a key looked at, now or once more when that is under way. */
  add(key: string): void
  /** Keys that wait for their turn or are looked at. */
  readonly busy: number
  /** Begins nothing more and waits for what is under way. */
  close(): Promise<void>
}

export function createKeyedQueue(options: KeyedQueueOptions): KeyedQueue {
  const { work, onFailure, parallel, base, cap, clock, random } = options
  /** In the order in which they are to be looked at. */
  const ready = new Set<string>()
  const running = new Map<string, Promise<void>>()
  const asleep = new Map<string, () => void>()
  const failures = new Map<string, number>()
  let closed = false

  function add(key: string): void {
    if (closed) return
    asleep.get(key)?.()
    asleep.delete(key)
    ready.add(key)
    next()
  }

  function next(): void {
    for (const key of ready) {
      if (closed || running.size >= parallel) return
      if (running.has(key)) continue
      ready.delete(key)
      running.set(
        key,
        look(key).finally(() => {
          running.delete(key)
          next()
        }),
      )
    }
  }

  async function look(key: string): Promise<void> {
    let again: number | undefined
    try {
      again = await work(key)
      failures.delete(key)
    } catch (error) {
      again = pauseAfterFailure(key)
      if (!closed) onFailure(key, error, again)
    }
    if (again !== undefined && !closed && !ready.has(key)) sleep(key, again)
  }

  /** With jitter: what fails together must not come back together. */
  function pauseAfterFailure(key: string): number {
    const before = failures.get(key) ?? 0
    failures.set(key, before + 1)
    return Math.min(cap, base * 2 ** Math.min(before, 20)) * (0.5 + random() / 2)
  }

  function sleep(key: string, ms: number): void {
    asleep.set(
      key,
      clock.after(ms, () => add(key)),
    )
  }

  return {
    add,
    get busy() {
      return ready.size + running.size
    },
    async close() {
      closed = true
      for (const wake of asleep.values()) wake()
      asleep.clear()
      ready.clear()
      await Promise.all(running.values())
    },
  }
}
