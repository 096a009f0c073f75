import { setTimeout as pause } from 'node:timers/promises'

export interface PersistOptions {
  /** Whether trying again may help. */
  again(error: unknown): boolean
  /** Told of the first failure. */
  onAway(error: unknown): void
  /** Told when it worked after that. */
  onBack(): void
  /** Gives up. */
  signal: AbortSignal
}

/** Milliseconds between two attempts: the first pause, doubled up to the last. */
const [SHORTEST, LONGEST] = [100, 3_000]

/** Does something until it works, however long that takes. */
export async function persist<T>(
  work: () => Promise<T>,
  { again, onAway, onBack, signal }: PersistOptions,
): Promise<T> {
  for (let failures = 0; ; failures++) {
    try {
      const result = await work()
      if (failures > 0) onBack()
      return result
    } catch (error) {
      if (signal.aborted || !again(error)) throw error
      if (failures === 0) onAway(error)
      await pause(Math.min(LONGEST, SHORTEST * 2 ** Math.min(failures, 10)), undefined, { signal })
    }
  }
}
