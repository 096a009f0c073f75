import { messageOf } from '../kernel/index.ts'

/** One event of a run, as it will be sent. */
export interface Item {
  /** In the order of the run, from 0. */
  index: number
  /** Its own id, or the one that follows from the run; null for what is no event at all. */
  id: string | null
  event: unknown
}

/** Events to be sent together, and those that cannot be sent at all. */
export interface EventBatch {
  items: Item[]
  unsendable: (Item & { why: string })[]
}

export interface BatchOptions {
  runId: string
  /** Events of a batch, at most. */
  count: number
  /** Bytes of a batch as JSON, at most; an event that alone has more is alone in its batch. */
  bytes: number
}

/** Reads events as they are asked for, and no more than that. */
export async function* batchesOf(
  events: AsyncIterable<unknown> | Iterable<unknown>,
  { runId, count, bytes }: BatchOptions,
): AsyncGenerator<EventBatch> {
  let batch: EventBatch = { items: [], unsendable: [] }
  let size = 0
  let index = 0
  const length = () => batch.items.length + batch.unsendable.length

  function take(): EventBatch {
    const taken = batch
    batch = { items: [], unsendable: [] }
    size = 0
    return taken
  }

  for await (const given of events) {
    const item = toItem(given, index++, runId)
    const measured = measureEvent(item.event)
    if ('why' in measured) {
      batch.unsendable.push({ ...item, why: measured.why })
    } else {
      if (batch.items.length > 0 && size + measured.bytes > bytes) yield take()
      batch.items.push(item)
      size += measured.bytes
    }
    if (length() >= count) yield take()
  }
  if (length() > 0) yield take()
}

/** An event without an id gets one that is the same whenever the run is repeated. */
function toItem(event: unknown, index: number, runId: string): Item {
  if (typeof event !== 'object' || event === null || Array.isArray(event)) return { index, id: null, event }
  const { event_id: own } = event as { event_id?: unknown }
  if (own !== undefined) return { index, id: typeof own === 'string' ? own : null, event }
  const id = `${runId}-${index}`
  return { index, id, event: { ...event, event_id: id } }
}

/**
 * How much an event takes as JSON, or why it must not be sent: a body that holds such a name is refused as a whole, and
 * with it the events that are all right.
 */
export function measureEvent(event: unknown): { bytes: number } | { why: string } {
  try {
    const text = JSON.stringify(event) ?? 'null'
    const name = FORBIDDEN_KEY.test(text) ? forbiddenName(JSON.parse(text)) : undefined
    if (name !== undefined) return { why: `"${name}" may be no name in it` }
    return { bytes: Buffer.byteLength(text) + 1 }
  } catch (error) {
    return { why: `it cannot be written as JSON: ${messageOf(error)}` }
  }
}

/** Rare enough that only what it finds is looked through; a quote within a text is escaped, so that it finds keys alone. */
const FORBIDDEN_KEY = /"(__proto__|constructor)":/

/** What servers that guard against prototype pollution refuse: `__proto__`, and `prototype` in a `constructor`. */
function forbiddenName(event: unknown): string | undefined {
  const ahead = [event]
  for (let value = ahead.pop(); value !== undefined; value = ahead.pop()) {
    if (typeof value !== 'object' || value === null) continue
    if (Object.hasOwn(value, '__proto__')) return '__proto__'
    const made: unknown = Object.getOwnPropertyDescriptor(value, 'constructor')?.value
    if (typeof made === 'object' && made !== null && Object.hasOwn(made, 'prototype'))
      return 'constructor.prototype'
    for (const inner of Object.values(value)) ahead.push(inner)
  }
  return undefined
}
