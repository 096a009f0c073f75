import { EVENT_STREAMS, groupKeys, isEventType, lossesKey, streamKey, typeOfStream } from '../bus/index.ts'
import { AgentctlError } from '../kernel/index.ts'
import type { RedisClient } from '../platform/redis/index.ts'
import { inspectError } from './errors.ts'

/**
 * The key of a stream that is named by its key or by an event type.
 * @throws AgentctlError STREAM_NOT_FOUND, STREAM_WRONG_TYPE
 */
export async function findStream(redis: RedisClient, name: string): Promise<string> {
  const candidates = isEventType(name) ? [streamKey(name), name] : [name]
  const types = await Promise.all(candidates.map((key) => redis.type(key)))
  const at = types.indexOf('stream')
  if (at >= 0) return candidates[at] as string
  const other = types.findIndex((type) => type !== 'none')
  if (other >= 0) throw inspectError('STREAM_WRONG_TYPE', `${candidates[other]} holds a ${types[other]}`)
  throw inspectError('STREAM_NOT_FOUND', `there is no ${candidates.join(' and no ')}`)
}

/**
 * The key that something is to be added to: that of a stream which is there, else of one to be made. A name that is an event
 * type means the stream of the bus, unless a key of that name is a stream.
 * @throws AgentctlError STREAM_WRONG_TYPE
 */
export async function findTarget(redis: RedisClient, name: string): Promise<string> {
  try {
    return await findStream(redis, name)
  } catch (error) {
    if (!(error instanceof AgentctlError && error.code === 'STREAM_NOT_FOUND')) throw error
    return isEventType(name) ? streamKey(name) : name
  }
}

/** The glob pattern of keys that a pattern of keys or of event types means. */
export function keyPattern(pattern: string | undefined, all: boolean): string {
  if (all) return pattern ?? '*'
  if (pattern === undefined) return EVENT_STREAMS
  return pattern.includes(':') ? pattern : streamKey(pattern)
}

/** What the bus keeps for one group of a stream, apart from the stream itself. */
export interface SideKeys {
  retries: string
  handled: string
  handledOld: string
  running: string
  state: string
  losses: string
}

/** Undefined for streams that are not the bus's: their neighbours in the keyspace are somebody else's. */
export function sideKeys(stream: string, group: string): SideKeys | undefined {
  if (typeOfStream(stream) === undefined) return undefined
  return { ...groupKeys(stream, group), losses: lossesKey(stream) }
}

/** The keys of the scripts that change a group; where a stream has no side keys, its own key stands in for them. */
export function scriptKeys(stream: string, group: string): string[] {
  const side = sideKeys(stream, group)
  if (!side) return Array<string>(7).fill(stream)
  return [stream, side.retries, side.running, side.state, side.losses, side.handled, side.handledOld]
}
