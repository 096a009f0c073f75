import { isCluster, type RedisClient } from '../redis/index.ts'
import type { RawEntry } from './entries.ts'
import { compareEntryIds } from './ids.ts'

/** A place in a stream. */
export interface Read {
  key: string
  /** What comes after this id is wanted. */
  after: string
}

/** Entries of one stream per read; a read that returns as many may have left some behind. */
export const BATCH = 100

/**
 * Reads any number of streams without blocking, with one command outside a cluster. The same stream may be asked
 * for at several places. Reads without news have no part in the answer.
 */
export async function readMany<R extends Read>(
  redis: RedisClient,
  reads: readonly R[],
): Promise<[R, RawEntry[]][]> {
  if (isCluster(redis)) {
    // Streams of different slots cannot be read by one command.
    const replies = await Promise.all(reads.map((read) => xread(redis, [read])))
    return replies.flat()
  }
  return xread(redis, reads)
}

async function xread<R extends Read>(redis: RedisClient, reads: readonly R[]): Promise<[R, RawEntry[]][]> {
  const keys = reads.map((read) => read.key)
  const ids = reads.map((read) => read.after)
  const reply = (await redis.xread('COUNT', BATCH, 'STREAMS', ...keys, ...ids)) as
    | [string, RawEntry[]][]
    | null
  if (!reply) return []
  return pairUp(reads, reply)
}

/**
 * The reply leaves out streams without news, and names a stream once for each place it was asked for, in
 * the order asked.
 */
function pairUp<R extends Read>(reads: readonly R[], reply: [string, RawEntry[]][]): [R, RawEntry[]][] {
  const pairs: [R, RawEntry[]][] = []
  let next = 0
  for (const [key, entries] of reply) {
    const first = entries[0]?.[0] ?? ''
    while (next < reads.length && !isAnswer(reads[next] as R, key, first)) next++
    const read = reads[next++]
    if (read) pairs.push([read, entries])
  }
  return pairs
}

function isAnswer(read: Read, key: string, firstId: string): boolean {
  return read.key === key && compareEntryIds(read.after, firstId) < 0
}
