/** Makes what is asked for: may emit pieces on the way, and gives the whole at the end. */
export type Start<T> = (emit: (piece: string) => void, signal: AbortSignal) => Promise<T>

/** One call for any number of equal requests. It goes on while at least one of them waits for it. */
export interface SingleFlight<T> {
  /**
   * Joins the call of this key, or starts it.
   * @throws what the call throws, or the reason of `signal`
   */
  wait(key: string, start: Start<T>, signal: AbortSignal): Promise<T>
  /** The same, with the pieces from the first one on, whenever it joined. */
  follow(key: string, start: Start<T>, signal: AbortSignal): AsyncGenerator<string, T>
  /** Calls under way. */
  readonly size: number
}

interface Flight<T> {
  pieces: string[]
  /** Settled with the call; never unhandled. */
  done: Promise<T>
  ended: boolean
  waiting: number
  /** Called with every piece. */
  wake: Set<() => void>
  abort(reason: unknown): void
}

export function createSingleFlight<T>(): SingleFlight<T> {
  const flights = new Map<string, Flight<T>>()

  /** Takes part in a call until `leave`, or until the signal is aborted. */
  function join(key: string, start: Start<T>, signal: AbortSignal) {
    signal.throwIfAborted()
    const flight = flights.get(key) ?? launch(key, start)
    flight.waiting += 1
    let here = true
    const leave = () => {
      if (!here) return
      here = false
      signal.removeEventListener('abort', leave)
      flight.waiting -= 1
      if (flight.waiting === 0 && !flight.ended) flight.abort(signal.reason)
    }
    signal.addEventListener('abort', leave, { once: true })
    return { flight, leave }
  }

  function launch(key: string, start: Start<T>): Flight<T> {
    const controller = new AbortController()
    const { promise: done, resolve, reject } = Promise.withResolvers<T>()
    const flight: Flight<T> = {
      pieces: [],
      done,
      ended: false,
      waiting: 0,
      wake: new Set(),
      abort(reason) {
        forget()
        controller.abort(reason)
      },
    }
    function forget(): void {
      if (flights.get(key) === flight) flights.delete(key)
    }
    function end(): void {
      flight.ended = true
      forget()
      for (const wake of flight.wake) wake()
    }
    flights.set(key, flight)
    const emit = (piece: string) => {
      flight.pieces.push(piece)
      for (const wake of flight.wake) wake()
    }
    done.catch(() => {})
    start(emit, controller.signal).then(resolve, reject).finally(end)
    return flight
  }

  return {
    async wait(key, start, signal) {
      const { flight, leave } = join(key, start, signal)
      try {
        return await unlessAborted(flight.done, signal)
      } finally {
        leave()
      }
    },
    async *follow(key, start, signal) {
      const { flight, leave } = join(key, start, signal)
      try {
        for (let next = 0; ; ) {
          while (next < flight.pieces.length) yield flight.pieces[next++] as string
          if (flight.ended) return await flight.done
          signal.throwIfAborted()
          await nextChange(flight.wake, signal)
        }
      } finally {
        leave()
      }
    },
    get size() {
      return flights.size
    },
  }
}

function unlessAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const onAbort = () => reject(signal.reason)
    if (signal.aborted) return onAbort()
    signal.addEventListener('abort', onAbort, { once: true })
    work.then(resolve, reject).finally(() => signal.removeEventListener('abort', onAbort))
  })
}

/** Resolves with the next piece, the end, or the abortion. */
function nextChange(wake: Set<() => void>, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const changed = () => {
      wake.delete(changed)
      signal.removeEventListener('abort', changed)
      resolve()
    }
    wake.add(changed)
    signal.addEventListener('abort', changed, { once: true })
  })
}
