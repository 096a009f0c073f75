import { messageOf } from '../kernel/index.ts'
import type { StreamEntry } from '../platform/streams/index.ts'
import { busError } from './errors.ts'
import type { BusEvent } from './event.ts'
import { isResponseStream, typeOfStream } from './keys.ts'

/** Bytes the JSON of an event's data may have. */
export const MAX_DATA = 1024 * 1024

const EVENT_ID = /^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$/

/** @throws AgentctlError EVENT_ID_INVALID */
export function checkEventId(id: string): string {
  if (EVENT_ID.test(id)) return id
  throw busError('EVENT_ID_INVALID', `${JSON.stringify(id.slice(0, 200))} is no event id`, {
    field: 'event_id',
  })
}

/**
 * The JSON of an event's data.
 * @throws AgentctlError EVENT_DATA_INVALID, EVENT_TOO_LARGE
 */
export function encodeData(data: unknown): string {
  let json: string | undefined
  try {
    json = JSON.stringify(data)
  } catch (cause) {
    throw busError('EVENT_DATA_INVALID', `it is no JSON: ${messageOf(cause)}`, { cause, field: 'data' })
  }
  if (json === undefined)
    throw busError('EVENT_DATA_INVALID', `${typeof data} is no JSON value`, { field: 'data' })
  if (json.length > MAX_DATA || (json.length * 3 > MAX_DATA && Buffer.byteLength(json) > MAX_DATA)) {
    throw busError(
      'EVENT_TOO_LARGE',
      `the data has ${Buffer.byteLength(json)} bytes, ${MAX_DATA} are allowed`,
      {
        field: 'data',
      },
    )
  }
  return json
}

/** Why an entry is no event. */
export class UndecodableError extends Error {
  override readonly name = 'UndecodableError'
}

/**
 * The event of a stream entry, also of one that a foreign program has added.
 * @throws UndecodableError
 */
export function decodeEvent(stream: string, { id, fields }: StreamEntry): BusEvent {
  const { event_id: eventId, data: json } = fields
  if (!eventId) throw new UndecodableError('the field event_id is missing')
  if (json === undefined) throw new UndecodableError('the field data is missing')
  if (json.length > MAX_DATA)
    throw new UndecodableError(`data has ${json.length} characters, ${MAX_DATA} are allowed`)
  let data: unknown
  try {
    data = JSON.parse(json)
  } catch (error) {
    throw new UndecodableError(`data is no JSON: ${messageOf(error)}`)
  }
  const event: BusEvent = {
    entryId: id,
    eventId,
    type: typeOfStream(stream) ?? fields.event_type ?? '',
    timestamp: fields.timestamp ?? new Date(Number.parseInt(id, 10)).toISOString(),
    data,
  }
  if (fields.version) event.version = fields.version
  if (fields.traceparent) event.traceparent = fields.traceparent
  return openRequest(event)
}

/** A request has its envelope in its data, as foreign requesters write it; handlers get the data without. */
function openRequest(event: BusEvent): BusEvent {
  const { data } = event
  if (typeof data !== 'object' || data === null || !('response_stream' in data)) return event
  const { response_stream: stream, response_deadline: deadline, ...rest } = data as Record<string, unknown>
  // Never write to a key of somebody's choice.
  if (typeof stream !== 'string' || !isResponseStream(stream)) return event
  return {
    ...event,
    data: rest,
    responseStream: stream,
    ...(typeof deadline === 'number' ? { deadline } : {}),
  }
}

/** An event under the names it has outside of this process. */
export interface WireEvent {
  id: string
  event_id: string
  event_type: string
  timestamp: string
  data: unknown
  version?: string
  traceparent?: string
  response_stream?: string
}

export function toWire(event: BusEvent): WireEvent {
  return {
    id: event.entryId,
    event_id: event.eventId,
    event_type: event.type,
    timestamp: event.timestamp,
    data: event.data,
    ...(event.version === undefined ? {} : { version: event.version }),
    ...(event.traceparent === undefined ? {} : { traceparent: event.traceparent }),
    ...(event.responseStream === undefined ? {} : { response_stream: event.responseStream }),
  }
}
