/** Who waits for the end of which event. */
export interface Watch {
  /** Resolves when it may have ended, after `ms` milliseconds, or once `signal` is aborted. */
  untilEnded(eventId: string, ms: number, signal: AbortSignal): Promise<void>
  ended(eventIds: Iterable<string>): void
}

export function createWatch(): Watch {
  const waiting = new Map<string, Set<() => void>>()
  return {
    untilEnded(eventId, ms, signal) {
      if (ms <= 0 || signal.aborted) return Promise.resolve()
      return new Promise((resolve) => {
        const those = waiting.get(eventId) ?? new Set()
        waiting.set(eventId, those)
        const wake = () => {
          clearTimeout(timer)
          signal.removeEventListener('abort', wake)
          those.delete(wake)
          if (those.size === 0 && waiting.get(eventId) === those) waiting.delete(eventId)
          resolve()
        }
        const timer = setTimeout(wake, ms)
        signal.addEventListener('abort', wake, { once: true })
        those.add(wake)
      })
    },
    ended(eventIds) {
      if (waiting.size === 0) return
      for (const id of eventIds) for (const wake of [...(waiting.get(id) ?? [])]) wake()
    },
  }
}
