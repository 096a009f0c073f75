/** A number of places, and a line of those who wait for one, first come first served. */
export interface Places {
  readonly taken: number
  readonly waiting: number
  /** Whoever comes now must wait. */
  readonly full: boolean
  /** Resolves with how to leave once there is a place; with undefined when the signal says to wait no more, or after `close`. */
  enter(signal: AbortSignal): Promise<(() => void) | undefined>
  /** Sends everybody away who waits, and lets nobody in any more. */
  close(): void
}

export function createPlaces(count: number): Places {
  const line = new Set<(leave: (() => void) | undefined) => void>()
  let taken = 0
  let closed = false

  function take(): () => void {
    taken++
    let left = false
    return () => {
      if (left) return
      left = true
      taken--
      const next = line.values().next().value
      next?.(take())
    }
  }

  return {
    get taken() {
      return taken
    },
    get waiting() {
      return line.size
    },
    get full() {
      return taken >= count
    },
    enter(signal) {
      if (closed || signal.aborted) return Promise.resolve(undefined)
      if (taken < count) return Promise.resolve(take())
      return new Promise((resolve) => {
        const give = (leave: (() => void) | undefined) => {
          line.delete(give)
          signal.removeEventListener('abort', giveUp)
          resolve(leave)
        }
        const giveUp = () => give(undefined)
        signal.addEventListener('abort', giveUp, { once: true })
        line.add(give)
      })
    },
    close() {
      closed = true
      for (const give of line) give(undefined)
    },
  }
}
