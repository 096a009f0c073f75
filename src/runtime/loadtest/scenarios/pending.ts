import type { Operation } from '../scenario.ts'
import { ENDED, TIMEOUT } from './causes.ts'

/** Operations that wait for news of something of theirs, by its id. */
export interface Pending<T> {
  add(id: string, operation: Operation, more: T): void
  /** Takes one out; undefined when nobody waits for it, or not any more. */
  take(id: string): (T & { operation: Operation }) | undefined
  ids(): string[]
  /** Fails what still waits. */
  close(): void
}

/** Milliseconds between two looks for what has waited too long. */
const TURN = 100

/** @param timeout milliseconds from when an operation was due until it fails; 0 = never */
export function createPending<T extends object>(timeout: number): Pending<T> {
  const waiting = new Map<string, T & { operation: Operation }>()
  const timer = timeout === 0 ? undefined : setInterval(look, Math.min(TURN, Math.max(1, timeout / 20)))

  function look(): void {
    const now = performance.now()
    for (const [id, { operation }] of waiting) {
      if (now - operation.due < timeout) continue
      waiting.delete(id)
      operation.fail(TIMEOUT)
    }
  }

  return {
    add: (id, operation, more) => void waiting.set(id, { ...more, operation }),
    take(id) {
      const found = waiting.get(id)
      waiting.delete(id)
      return found
    },
    ids: () => [...waiting.keys()],
    close() {
      clearInterval(timer)
      for (const { operation } of waiting.values()) operation.fail(ENDED)
      waiting.clear()
    },
  }
}
