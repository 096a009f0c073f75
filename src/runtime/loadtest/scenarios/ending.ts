import type { Exchange } from '../../platform/wire/index.ts'
import type { Operation } from '../scenario.ts'
import type { Over } from './event-exchange.ts'

export const EARLY = 'stream ended early'

/** Milliseconds a server may take to end an answer after its last event; then the connection is given up. */
const LINGER = 250

/** Ends an operation exactly once, and leaves its connection ready for the next one where the server ends in order. */
export interface Ending {
  /** The exchange that is under way. */
  of(exchange: Exchange): void
  /** The last event has come. The operation ends with the answer, which is a moment later, but counts until now. */
  succeed(at: number): void
  fail(cause: string): void
  /** The answer is over: without a last event, that is a failure. */
  over(over: Over): void
  /** Ends at once, and leaves the rest unread. */
  leave(at: number): void
  readonly decided: boolean
}

export function createEnding(operation: Operation): Ending {
  let exchange: Exchange | undefined
  let decided: (() => void) | undefined
  let done = false
  let timer: NodeJS.Timeout | undefined

  function finish(): void {
    if (done) return
    done = true
    clearTimeout(timer)
    decided?.()
  }

  function decide(what: () => void): void {
    if (decided !== undefined) return
    decided = what
    timer = setTimeout(() => {
      exchange?.abort()
      finish()
    }, LINGER)
  }

  return {
    of(begun) {
      exchange = begun
    },
    succeed: (at) => decide(() => operation.succeed(at)),
    fail: (cause) => decide(() => operation.fail(cause)),
    over(over) {
      if (decided === undefined) decided = () => operation.fail(causeOf(over))
      finish()
    },
    leave(at) {
      if (decided !== undefined) return
      decided = () => operation.succeed(at)
      exchange?.abort()
      finish()
    },
    get decided() {
      return decided !== undefined
    },
  }
}

function causeOf(over: Over): string {
  if (over.how === 'nothing') return 'HTTP 204'
  return over.how === 'ended' ? EARLY : over.cause
}
