import type { HttpApp } from '../../platform/http/index.ts'

/** Requests under way, so that none is cut off when the service stops. */
export interface Requests {
  /** Counts those to a scope. */
  count(app: HttpApp): void
  /** Resolves when none is under way. New ones are still answered: clients learn elsewhere that the service goes away. */
  drained(): Promise<void>
  /** Aborted from the first call of `drained` on: nobody is to wait for anything any more. */
  readonly leaving: AbortSignal
}

export function createRequests(): Requests {
  const leaving = new AbortController()
  let active = 0
  let idle = () => {}

  const ended = () => {
    active -= 1
    if (active === 0) idle()
  }
  return {
    count(app) {
      app.addHook('onRequest', (_request, reply, done) => {
        active += 1
        // The response's own event: it comes once, also when the client has gone.
        reply.raw.once('close', ended)
        done()
      })
    },
    leaving: leaving.signal,
    drained() {
      leaving.abort()
      if (active === 0) return Promise.resolve()
      return new Promise((resolve) => {
        idle = resolve
      })
    },
  }
}
