/** Wakes one of those that wait for work. */
export interface Alarm {
  /** Wakes one. When nobody waits, the next who wants to wait does not. @returns whether somebody was waiting */
  ring(): boolean
  /** Resolves when it rings, after `ms` milliseconds, or once `signal` is aborted. */
  wait(ms: number, signal: AbortSignal): Promise<void>
}

export function createAlarm(): Alarm {
  const sleepers: (() => void)[] = []
  let missed = false
  return {
    ring() {
      const wake = sleepers.shift()
      if (wake === undefined) missed = true
      wake?.()
      return wake !== undefined
    },
    wait(ms, signal) {
      if (missed || signal.aborted) {
        missed = false
        return Promise.resolve()
      }
      return new Promise((resolve) => {
        const wake = () => {
          clearTimeout(timer)
          signal.removeEventListener('abort', wake)
          const place = sleepers.indexOf(wake)
          if (place >= 0) sleepers.splice(place, 1)
          resolve()
        }
        const timer = setTimeout(wake, ms)
        signal.addEventListener('abort', wake, { once: true })
        sleepers.push(wake)
      })
    },
  }
}
