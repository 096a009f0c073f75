import type { SpanOptions } from '../kernel/index.ts'
import { type EntryOptions, parseTraceparent } from '../platform/tracing/index.ts'
import type { BusEvent } from './event.ts'

/** The span in which an event is published, or a request waits for its reply. */
export function publishing(type: string, operation: 'publish' | 'request'): [name: string, SpanOptions] {
  const kind = operation === 'publish' ? 'producer' : 'client'
  return [`${operation} ${type}`, { kind, attributes: describe(type, 'send') }]
}

/** The span in which an event is handled, within the one it was published in. */
export function handling(event: BusEvent, group: string, delivery: number): [name: string, EntryOptions] {
  return [
    `handle ${event.type}`,
    {
      kind: 'consumer',
      parent: parseTraceparent(event.traceparent),
      attributes: {
        ...describe(event.type, 'process'),
        'messaging.message.id': event.eventId,
        'messaging.consumer.group.name': group,
        'agentctl.event.delivery': delivery,
      },
    },
  ]
}

function describe(type: string, operation: string) {
  return {
    'messaging.system': 'redis',
    'messaging.operation.type': operation,
    'messaging.destination.name': type,
  }
}
