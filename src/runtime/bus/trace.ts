import { AsyncLocalStorage } from 'node:async_hooks'
import { randomBytes } from 'node:crypto'

/** The trace that the work under way belongs to: what is published meanwhile carries it on. */
const current = new AsyncLocalStorage<string>()

const TRACEPARENT = /^([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})$/

/** Runs `work` as part of the trace of the event it handles; of none when the event has none. */
export function withTrace<T>(traceparent: string | undefined, work: () => T): T {
  if (traceparent !== undefined && TRACEPARENT.test(traceparent)) return current.run(traceparent, work)
  return current.getStore() === undefined ? work() : current.run('', work)
}

/** The `traceparent` of an event published now: the same trace as a new span, or undefined outside of any trace. */
export function nextTraceparent(): string | undefined {
  const [, version, trace, , flags] = TRACEPARENT.exec(current.getStore() ?? '') ?? []
  if (trace === undefined) return undefined
  return `${version}-${trace}-${randomBytes(8).toString('hex')}-${flags}`
}
