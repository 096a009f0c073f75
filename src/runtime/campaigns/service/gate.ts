import { type HttpApp, problemResponses } from '../../platform/http/index.ts'
import { sqlError } from '../../platform/sql/index.ts'

/** Whether the tables are there: until then, what needs them is refused. */
export interface Gate {
  open(): void
  /** @throws AgentctlError DATABASE_UNREACHABLE */
  check(): void
  /** Resolves once it is open, or when a database that was started together with us should have been there. */
  opened(): Promise<void>
}

/** Milliseconds from our start for which requests wait. */
const PATIENCE = 3_000

/** Milliseconds after which trying again may help. */
const SOON = 1_000

export function createGate(): Gate {
  const waiting = new Set<() => void>()
  const until = performance.now() + PATIENCE
  let isOpen = false
  return {
    open() {
      isOpen = true
      for (const pass of waiting) pass()
    },
    async opened() {
      const left = until - performance.now()
      if (isOpen || left <= 0) return
      const { promise, resolve } = Promise.withResolvers<void>()
      waiting.add(resolve)
      const timer = setTimeout(resolve, left)
      await promise
      clearTimeout(timer)
      waiting.delete(resolve)
    },
    check() {
      if (isOpen) return
      throw sqlError('DATABASE_UNREACHABLE', 'the tables are not there yet: the database is still awaited', {
        retryAfter: SOON,
        fix: 'Try again in a moment; /ready says when the database is there.',
      })
    },
  }
}

/** Refuses the requests to a scope when the gate stays closed, once they have been found valid. */
export function addGate(app: HttpApp, gate: Gate): void {
  app.addHook('onRoute', (route) => {
    const { response = {}, ...schema } = route.schema ?? {}
    route.schema = { ...schema, response: { ...problemResponses(503), ...(response as object) } }
  })
  app.addHook('preHandler', async () => {
    await gate.opened()
    gate.check()
  })
}
