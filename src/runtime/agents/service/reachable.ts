import type { Replicas } from '../../balancer/index.ts'
import { messageOf } from '../../kernel/index.ts'
import type { JsonClient } from '../../platform/http/index.ts'

/** Milliseconds that a look at another service may take. */
const TIMEOUT = 2_000

/** Looks whether another service answers. Without it there is less to do, so that its absence is told and no failure. */
export function createReachable(http: Pick<JsonClient, 'getJson'>, replicas: Replicas) {
  return async (): Promise<{ degraded: string } | undefined> => {
    const signal = AbortSignal.timeout(TIMEOUT)
    const late = new Promise<never>((_, reject) => {
      signal.addEventListener('abort', () => reject(new Error(`no answer within ${TIMEOUT} ms`)))
    })
    try {
      await Promise.race([look(signal), late])
      return undefined
    } catch (error) {
      return { degraded: messageOf(error) }
    }
  }

  async function look(signal: AbortSignal): Promise<void> {
    const lease = await replicas.acquire({ signal })
    try {
      await http.getJson(`${lease.url}/health`, { timeout: TIMEOUT, signal })
    } finally {
      // Being alive is not being fit for work: this teaches nothing.
      void lease.release({ kind: 'cancelled' })
    }
  }
}
