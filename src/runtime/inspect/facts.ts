import type { RedisClient } from '../platform/redis/index.ts'
import type { RawEntry } from '../platform/streams/index.ts'
import { numberOrNull, toRecord } from './replies.ts'

/** What XINFO STREAM says of a stream, as far as it matters here. */
export interface StreamFacts {
  stream: string
  length: number
  first_id: string | null
  last_id: string | null
  last_generated_id: string
  /** Entries added since the stream was made; null before Redis 7. */
  entries_added: number | null
}

/** Undefined when the stream has gone meanwhile. */
export async function readFacts(redis: RedisClient, stream: string): Promise<StreamFacts | undefined> {
  const reply = await redis.xinfo('STREAM', stream).catch((error: Error) => {
    if (error.message.includes('no such key')) return undefined
    throw error
  })
  if (reply === undefined) return undefined
  const info = toRecord(reply)
  return {
    stream,
    length: Number(info.length),
    first_id: (info['first-entry'] as RawEntry | null)?.[0] ?? null,
    last_id: (info['last-entry'] as RawEntry | null)?.[0] ?? null,
    last_generated_id: String(info['last-generated-id']),
    entries_added: numberOrNull(info['entries-added']),
  }
}
