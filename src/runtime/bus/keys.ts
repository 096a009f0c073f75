import { busError } from './errors.ts'

const STREAM = 'agent:stream:'
const DEAD_LETTERS = 'agent:dlq:'
const RESPONSE = 'agent:stream:response:'
const TYPE = /^[a-z0-9][a-z0-9_-]*(\.[a-z0-9][a-z0-9_-]*)*$/
const MAX_TYPE = 200

/** Every stream of events; the streams of responses match too. */
export const EVENT_STREAMS = `${STREAM}*`
export const RESPONSE_STREAMS = `${RESPONSE}*`
export const DEAD_LETTER_STREAMS = `${DEAD_LETTERS}*`

/** Set of the types that somebody has published or consumed, so that their streams are found without a scan. */
export const EVENT_TYPES = 'agent:streams'

/** JSON Schemas by `TYPE@VERSION`, shared by everybody who publishes or consumes. */
export const SCHEMAS = 'agent:schemas'

export function isEventType(text: string): boolean {
  return text.length <= MAX_TYPE && TYPE.test(text)
}

/** @throws AgentctlError EVENT_TYPE_INVALID */
export function checkEventType(type: unknown): string {
  if (typeof type === 'string' && isEventType(type)) return type
  throw busError('EVENT_TYPE_INVALID', `${JSON.stringify(type)} is no event type`, { field: 'type' })
}

export function streamKey(type: string): string {
  return STREAM + type
}

/** The type whose events a stream holds; undefined for any other key. */
export function typeOfStream(key: string): string | undefined {
  const type = key.startsWith(STREAM) ? key.slice(STREAM.length) : ''
  return isEventType(type) ? type : undefined
}

/**
 * Where events go that cannot be handled. It must be in the slot of its stream, as an event moves there in one step:
 * in a cluster the whole name of the stream is its hash tag.
 */
export function deadLetterKey(type: string, cluster: boolean): string {
  return cluster ? `${DEAD_LETTERS}{${streamKey(type)}}` : DEAD_LETTERS + type
}

/** The type whose dead letters a stream holds, in a cluster or outside; undefined for any other key. */
export function typeOfDeadLetters(key: string): string | undefined {
  if (!key.startsWith(DEAD_LETTERS)) return undefined
  const rest = key.slice(DEAD_LETTERS.length)
  const inTag = /^\{(.*)\}$/.exec(rest)?.[1]
  if (inTag !== undefined) return typeOfStream(inTag)
  return isEventType(rest) ? rest : undefined
}

export function responseKey(correlationId: string): string {
  return RESPONSE + correlationId
}

export function isResponseStream(key: string): boolean {
  return key.startsWith(RESPONSE) && key.length > RESPONSE.length
}

/** What the bus keeps beside a stream. The stream's name in braces puts all of it into the stream's slot. */
const beside = (stream: string, name: string) => `{${stream}}:${name}`

/** Hashes event id → entry id of what was published lately, and of what was before: a repeat adds nothing. */
export const publishedKeys = (stream: string) => [
  beside(stream, 'published'),
  beside(stream, 'published:old'),
]

/** What a group keeps beside a stream. */
export interface GroupKeys {
  /** Sorted set: entry id → when it is to be delivered again, in milliseconds. */
  retries: string
  /** Hashes event id → when it was handled, in milliseconds: lately, and before. */
  handled: string
  handledOld: string
  /** Hash: event id → entry id that is being handled. */
  running: string
  /** Hash: `floor`, up to which every entry is settled, and what is needed to notice losses. */
  state: string
}

/** Hash: group → entries that were trimmed before the group had handled them. */
export const lossesKey = (stream: string) => beside(stream, 'losses')

export function groupKeys(stream: string, group: string): GroupKeys {
  return {
    retries: beside(stream, `retries:${group}`),
    handled: beside(stream, `handled:new:${group}`),
    handledOld: beside(stream, `handled:old:${group}`),
    running: beside(stream, `running:${group}`),
    state: beside(stream, `state:${group}`),
  }
}
