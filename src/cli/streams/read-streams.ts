import type { z } from 'zod'
import { isResponseStream } from '../../runtime/bus/index.ts'
import {
  describeStreams,
  findStream,
  keyPattern,
  type StreamDescription,
  scanKeys,
} from '../../runtime/inspect/index.ts'
import { withRedis } from '../with-redis.ts'

/** The streams that match a pattern, with their groups; replies, which come and go, only among all streams. */
export async function readStreams(
  settings: z.ZodObject,
  flags: Record<string, unknown>,
  pattern: string | undefined,
  all: boolean,
): Promise<StreamDescription[]> {
  return withRedis(settings, flags, async (redis) => {
    const keys = await scanKeys(redis, keyPattern(pattern, all), 'stream')
    return describeStreams(redis, all ? keys : keys.filter((key) => !isResponseStream(key)))
  })
}

/**
 * One stream with its groups, when it is named, else all that the event bus has, or all there are.
 * @throws AgentctlError STREAM_NOT_FOUND
 */
export async function readNamedOrAll(
  settings: z.ZodObject,
  flags: Record<string, unknown>,
  name: string | undefined,
  all: boolean,
): Promise<StreamDescription[]> {
  if (name === undefined) return readStreams(settings, flags, undefined, all)
  return withRedis(settings, flags, async (redis) => describeStreams(redis, [await findStream(redis, name)]))
}
