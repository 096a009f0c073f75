import { setTimeout as pause } from 'node:timers/promises'

export interface PersistOptions {
  /** Whether trying again may help. */
  again(error: unknown): boolean
  /** Told of the first failure, or of the first after `quiet`. */
  onAway(error: unknown): void
  /** Milliseconds for which a failure is nothing to tell about (0). */
  quiet?: number
  /** Told when it works after that. */
  onBack(): void
  /** Gives up. */
  signal: AbortSignal
}

/** Milliseconds between two attempts: the first pause, doubled up to the last. */
const [SHORTEST, LONGEST] = [100, 3_000]

/** Does something until it works, however long that takes. */
export async function persist<T>(
  work: () => Promise<T>,
  { again, onAway, onBack, quiet = 0, signal }: PersistOptions,
): Promise<T> {
  const from = performance.now()
  let told = false
  for (let failures = 0; ; failures++) {
    try {
      const result = await work()
      if (told) onBack()
      return result
    } catch (error) {
      if (signal.aborted || !again(error)) throw error
      if (!told && performance.now() - from >= quiet) {
        told = true
        onAway(error)
      }
      await pause(Math.min(LONGEST, SHORTEST * 2 ** Math.min(failures, 10)), undefined, { signal })
    }
  }
}
