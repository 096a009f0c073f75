import type { RedisClient } from '../platform/redis/index.ts'
import type { RawEntry } from '../platform/streams/index.ts'
import type { StreamState } from './place.ts'

/** What a stream is like just now; undefined when it does not exist. */
export async function readStreamState(redis: RedisClient, key: string): Promise<StreamState | undefined> {
  let info: Map<unknown, unknown>
  try {
    info = toMap((await redis.xinfo('STREAM', key)) as unknown[])
  } catch (error) {
    if (/no such key/i.test((error as Error).message)) return undefined
    throw error
  }
  const first = info.get('first-entry') as RawEntry | null
  const added = info.get('entries-added')
  return {
    first: first?.[0] ?? null,
    last: String(info.get('last-generated-id')),
    // Redis 6 does not count what was added: something may be missing then.
    trimmed: added === undefined || Number(added) > Number(info.get('length')),
  }
}

function toMap(list: unknown[]): Map<unknown, unknown> {
  return new Map(Array.from({ length: list.length / 2 }, (_, i) => [list[2 * i], list[2 * i + 1]]))
}
