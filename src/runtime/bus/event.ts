import type { Logger } from '../kernel/index.ts'

/** One event as it is kept in its stream. */
export interface BusEvent<T = unknown> {
  /** Redis entry id; grows with every event of a type. */
  entryId: string
  /** Unique; also correlates a request with its reply. */
  eventId: string
  type: string
  /** ISO 8601, UTC. */
  timestamp: string
  data: T
  /** Version of the schema the data follows. */
  version?: string
  /** W3C trace context of whoever published it. */
  traceparent?: string
  /** Stream to which a reply is to be written, when this is a request. */
  responseStream?: string
  /** When the requester stops waiting, in milliseconds since 1970. */
  deadline?: number
}

/** What a handler is told besides the data. */
export interface EventContext<T = unknown> {
  event: BusEvent<T>
  group: string
  consumer: string
  /** 1 for the first delivery of this event to the group. */
  delivery: number
  /** True during `replay()`: nothing is acknowledged, and nobody waits for a reply. */
  replay: boolean
  /** Aborted when the work is in vain: the lease is lost, the time is up, or the drain of `stop()` has run out. */
  signal: AbortSignal
  log: Logger
}

/**
 * Handles one event. What it returns is sent as the reply when the event is a request. Throw `RetryableError` (or
 * anything else) to get the event again later, `FatalError` to send it to the dead letters at once.
 */
export type EventHandler<T = unknown> = (data: T, context: EventContext<T>) => unknown
