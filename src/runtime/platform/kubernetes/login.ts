import type { KubeConfig, RequestContext } from '@kubernetes/client-node'
import { Agent, type Dispatcher } from 'undici'

/** What lets a request in: headers, and the connections that have our certificate. */
export interface Login {
  of(url: string, method: string): Promise<{ headers: Record<string, string>; dispatcher: Dispatcher }>
  /** The connections may be at fault: certificates change. The next request gets others. */
  doubt(): void
  close(): Promise<void>
}

/** Milliseconds after which certificates are read anew. */
const FRESH = 600_000
const CONNECT = 5_000

/** The client would open connections of their own for every request: they are kept for a while. */
export function createLogin(config: KubeConfig, context: typeof RequestContext): Login {
  const open = new Set<Dispatcher>()
  let current: Dispatcher | undefined
  let until = 0

  function retire(): void {
    const old = current
    current = undefined
    if (old === undefined) return
    // What is under way there goes on, a watch for minutes.
    old.close().then(
      () => open.delete(old),
      () => open.delete(old),
    )
  }

  function choose(made: Dispatcher | undefined): Dispatcher {
    if (performance.now() >= until) retire()
    if (current) return current
    current = made ?? new Agent({ connect: { timeout: CONNECT }, headersTimeout: 0, bodyTimeout: 0 })
    open.add(current)
    until = performance.now() + FRESH
    return current
  }

  return {
    async of(url, method) {
      // Each time anew: tokens of service accounts and of login programs change while we run.
      const login = new context(url, method as never)
      await config.applySecurityAuthentication(login)
      return {
        headers: login.getHeaders(),
        dispatcher: choose(login.getDispatcher() as Dispatcher | undefined),
      }
    },
    doubt() {
      until = 0
    },
    async close() {
      await Promise.all([...open].map((dispatcher) => dispatcher.destroy()))
    },
  }
}
