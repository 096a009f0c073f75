import type { RedisClient } from '../platform/redis/index.ts'
import { type RawEntry, toEntry } from '../platform/streams/index.ts'
import type { TailedEntry } from './tail.ts'

/** The newest entries of a stream, the newest first. */
export async function peekStream(redis: RedisClient, stream: string, count: number): Promise<TailedEntry[]> {
  const raws = (await redis.xrevrange(stream, '+', '-', 'COUNT', count)) as RawEntry[]
  return raws.map((raw) => ({ stream, ...toEntry(raw) }))
}

/** One entry of a stream; undefined when it is not there. */
export async function readOne(
  redis: RedisClient,
  stream: string,
  id: string,
): Promise<TailedEntry | undefined> {
  const [raw] = (await redis.xrange(stream, id, id, 'COUNT', 1)) as RawEntry[]
  return raw && { stream, ...toEntry(raw) }
}
