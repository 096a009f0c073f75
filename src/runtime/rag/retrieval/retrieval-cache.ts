import { z } from 'zod'
import type { Logger } from '../../kernel/index.ts'
import type { RedisClient } from '../../platform/redis/index.ts'
import { type Context, context } from '../messages.ts'
import { type CacheOptions, createCache } from './cache.ts'
import { retrievalKey, versionKey } from './keys.ts'

const contexts = z.array(context)

/** One query of one collection, as the collection was when it was looked up. */
export interface RetrievalSlot {
  read(): Promise<Context[] | undefined>
  write(found: readonly Context[]): Promise<void>
}

export interface RetrievalCache {
  /**
   * To be called before the search: what is found is kept under the version that the collection had then, so that a search
   * that a write has overtaken is not found by anybody after the write. Undefined without Redis.
   */
  slot(collection: string, query: string, k: number): Promise<RetrievalSlot | undefined>
}

/** @param place the store that is searched: another may have a collection of the same name */
export function createRetrievalCache(place: string, options: CacheOptions): RetrievalCache {
  const cache = createCache(options)
  return {
    async slot(collection, query, k) {
      const version = await cache.get(versionKey(collection))
      if (version === undefined) return undefined
      const key = retrievalKey(place, collection, version?.toString() ?? '0', query, k)
      return {
        read: async () => parse(await cache.get(key)),
        write: (found) => cache.set(key, JSON.stringify(found)),
      }
    },
  }
}

function parse(kept: Buffer | null | undefined): Context[] | undefined {
  if (!kept) return undefined
  try {
    return contexts.parse(JSON.parse(kept.toString()))
  } catch {
    return undefined
  }
}

/**
 * To be called after each write to a collection: what was found before is not found any more. When Redis is away, old results may
 * be given until they expire.
 */
export async function invalidateRetrievals(
  redis: RedisClient | undefined,
  collection: string,
  log: Logger,
): Promise<void> {
  try {
    await redis?.incr(versionKey(collection))
  } catch (error) {
    log.warn(
      { collection, reason: (error as Error).message },
      'Redis is away: queries may be given passages from before this change until they expire',
    )
  }
}
