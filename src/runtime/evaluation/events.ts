import type { EventBus } from '../bus/index.ts'
import type { RedisClient } from '../platform/redis/index.ts'
import { channelOf, type EvaluationJob, eventIdOf, eventTypeOf, type Facts, SEQ_QUEUED } from './messages.ts'

/** Where events go: to the bus, which keeps them, and to the channel, for whoever listens just now. */
export interface EventTarget {
  bus: Pick<EventBus, 'send'>
  redis: RedisClient
}

export interface EmitOptions {
  /** It may have been told before: the channel then hears of it only when it is new to the bus, one round trip later. */
  again?: boolean
}

/** Bytes of JSON above which an event leaves out what the program wrote; the bus takes 1 MiB. */
export const MAX_EVENT = 900 * 1024

/**
 * Publishes an event on the bus and on the channel of its name.
 * @param eventId makes a repeat no second event
 * @throws AgentctlError those of `EventBus.send`
 */
export async function emitEvaluationEvent(
  { bus, redis }: EventTarget,
  type: string,
  data: object,
  eventId: string,
  { again = false }: EmitOptions = {},
): Promise<void> {
  const sending = bus.send(type, data, { eventId })
  const tell = () => redis.publish(channelOf(type), JSON.stringify(data))
  if (!again) await Promise.all([sending, tell()])
  else if (!(await sending).duplicate) await tell()
}

/** Tells what is known, under the name and the id that follow from it. */
export function emitFacts(to: EventTarget, known: Facts, options: EmitOptions = {}): Promise<void> {
  return emitEvaluationEvent(to, eventTypeOf(known), fitted(known), eventIdOf(known), options)
}

/** Facts that fit into an event: output that is too long is left in the record, and the event says so. */
export function fitted(known: Facts): Facts {
  const { stdout = '', stderr = '', ...rest } = known
  // A character takes six bytes at most, as an escape.
  if (6 * (stdout.length + stderr.length) < MAX_EVENT / 2 || bytesOf(known) <= MAX_EVENT) return known
  return { ...rest, output_in_record: true }
}

export const bytesOf = (value: object) => Buffer.byteLength(JSON.stringify(value))

/** What is known of an evaluation once it is accepted. */
export function queuedFacts(job: EvaluationJob): Facts {
  const { eval_id, queued_at, language, code, stdin, args, limits, priority } = job
  return {
    ...{ eval_id, seq: SEQ_QUEUED, status: 'queued' as const },
    ...{ language, code, args, limits, priority, queued_at },
    stdin_bytes: Buffer.byteLength(stdin),
  }
}
