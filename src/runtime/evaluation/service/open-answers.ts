import type { ServerResponse } from 'node:http'

/** Answers that take their time, so that a server that closes can let them go out first. */
export interface OpenAnswers {
  /** Aborted when the client has gone, or has its answer. */
  track(response: ServerResponse): AbortSignal
  /** Resolves once all are out, or after `ms` milliseconds. */
  settled(ms: number): Promise<void>
}

export function createOpenAnswers(): OpenAnswers {
  const open = new Set<Promise<void>>()
  return {
    track(response) {
      const gone = new AbortController()
      const { promise, resolve } = Promise.withResolvers<void>()
      open.add(promise)
      const close = () => {
        open.delete(promise)
        resolve()
        gone.abort()
      }
      if (response.destroyed) close()
      else response.once('close', close)
      return gone.signal
    },
    async settled(ms) {
      const { promise, resolve } = Promise.withResolvers<void>()
      const timer = setTimeout(resolve, ms)
      await Promise.race([Promise.all(open), promise])
      clearTimeout(timer)
    },
  }
}
