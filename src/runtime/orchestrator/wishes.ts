import type { EventBus, EventContext } from '../bus/index.ts'
import { CLEANUP, CREATE, DELETE, LIST } from './keys.ts'
import type { OrchestratorService } from './service.ts'

/** Wishes of one type at once. Those that are waited for take next to nothing, and must not keep others from being heard. */
const MANY = { concurrency: 100 }
const NOBODY_WAITS = AbortSignal.abort(new Error('nobody waits for the answer'))

/** Has the service answer what comes over the bus. What is merely published is done once it is written down. */
export function takeWishes(bus: Pick<EventBus, 'subscribe'>, service: OrchestratorService): void {
  bus.subscribe(CREATE, (data, context) => service.create(data, whileAwaited(context)), MANY)
  bus.subscribe(DELETE, (data, context) => service.delete(data, whileAwaited(context)), MANY)
  bus.subscribe(CLEANUP, (data) => service.cleanup(data))
  bus.subscribe(LIST, (data) => service.list(data))
}

function whileAwaited({ event, signal }: EventContext): AbortSignal {
  return event.responseStream === undefined ? NOBODY_WAITS : signal
}
