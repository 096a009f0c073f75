import type { EventAction } from './handler-of.ts'
import type { EventServiceOptions } from './routes.ts'
import type { EventWorkerOptions } from './worker.ts'

export type { EventAction } from './handler-of.ts'

// Each side of the capability is loaded by itself: a worker has no use for an HTTP server.

/** Everything a gateway needs to serve events; see `createEventService` in routes.ts. */
export async function createEventService(options: EventServiceOptions) {
  return (await import('./routes.ts')).createEventService(options)
}

/** Handles events; see `startEventWorker` in worker.ts for the errors it throws. */
export async function startEventWorker(options: EventWorkerOptions) {
  return (await import('./worker.ts')).startEventWorker(options)
}

/**
 * What handles events, by a module or a command.
 * @throws AgentctlError EVENT_HANDLER_INVALID
 */
export async function eventHandlerOf(action: EventAction) {
  return (await import('./handler-of.ts')).handlerOf(action)
}
