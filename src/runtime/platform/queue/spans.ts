import type { SpanOptions } from '../../kernel/index.ts'
import { type EntryOptions, parseTraceparent } from '../tracing/index.ts'

/** The span in which a job is added to a queue. */
export function enqueuing(queue: string, id: string): [name: string, options: SpanOptions] {
  return [`enqueue ${queue}`, { kind: 'producer', attributes: describe(queue, id, 'send') }]
}

/** The span in which a job is done, within the one it was added in. */
export function processing(
  queue: string,
  id: string,
  data: object,
  attempt: number,
): [name: string, options: EntryOptions] {
  const attributes = { ...describe(queue, id, 'process'), 'agentctl.job.attempt': attempt }
  const parent = parseTraceparent((data as { traceparent?: unknown }).traceparent)
  return [`process ${queue}`, { kind: 'consumer', parent, attributes }]
}

function describe(queue: string, id: string, type: string) {
  return {
    'messaging.system': 'bullmq',
    'messaging.operation.type': type,
    'messaging.destination.name': queue,
    'messaging.message.id': id,
  }
}
