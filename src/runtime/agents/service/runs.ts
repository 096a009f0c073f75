import type { ServerResponse } from 'node:http'
import { agentsError } from '../errors.ts'

/** Runs on behalf of clients that wait for their answers. */
export interface Runs {
  /** @param work is given a signal that is aborted when the client has gone away, or when the service has to end */
  of<T>(response: ServerResponse, work: (signal: AbortSignal) => Promise<T>): Promise<T>
  /** Resolves when none is under way. */
  drained(): Promise<void>
  /** Ends those that are still under way, and those that are asked for from now on. */
  close(): void
}

export function createRuns(): Runs {
  const active = new Set<AbortController>()
  let idle = () => {}
  let stopped = false
  const stop = (controller: AbortController) =>
    controller.abort(agentsError('AGENT_RUN_STOPPED', 'the service is being stopped'))

  return {
    async of(response, work) {
      const controller = new AbortController()
      const leave = () => controller.abort(agentsError('AGENT_RUN_CANCELLED', 'the client has gone away'))
      active.add(controller)
      if (stopped) stop(controller)
      else if (response.destroyed) leave()
      else response.once('close', leave)
      try {
        return await work(controller.signal)
      } finally {
        response.off('close', leave)
        active.delete(controller)
        if (active.size === 0) idle()
      }
    },
    drained() {
      if (active.size === 0) return Promise.resolve()
      return new Promise((resolve) => {
        idle = resolve
      })
    },
    close() {
      stopped = true
      active.forEach(stop)
    },
  }
}
