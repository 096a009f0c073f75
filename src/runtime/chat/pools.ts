import type { RedisClient } from '../platform/redis/index.ts'
import { DEFAULT_POOL, POOLS_KEY, poolKey } from './keys.ts'

/** Milliseconds after its last sign of life at which a worker counts as dead. */
export const WORKER_TTL = 15_000

/** Which pools of workers are alive. A pool is `default` or the id of a feature with workers of its own. */
export interface Pools {
  /** Says that a worker of this pool lives; to be repeated well within WORKER_TTL. */
  announce(pool: string, worker: string): Promise<void>
  leave(pool: string, worker: string): Promise<void>
  isAlive(pool: string): Promise<boolean>
  /** The pool that should serve a feature now. */
  poolFor(feature: string): Promise<string>
  /** Features that have, or had, workers of their own. */
  features(): Promise<string[]>
}

export function createPools(redis: RedisClient, now: () => number = Date.now): Pools {
  async function isAlive(pool: string): Promise<boolean> {
    return (await redis.zcount(poolKey(pool), now(), '+inf')) > 0
  }

  return {
    isAlive,
    async announce(pool, worker) {
      if (pool !== DEFAULT_POOL) await redis.sadd(POOLS_KEY, pool)
      await redis.zadd(poolKey(pool), now() + WORKER_TTL, worker)
      await redis.zremrangebyscore(poolKey(pool), '-inf', now())
    },
    async leave(pool, worker) {
      await redis.zrem(poolKey(pool), worker)
    },
    async poolFor(feature) {
      return feature !== DEFAULT_POOL && (await isAlive(feature)) ? feature : DEFAULT_POOL
    },
    features: () => redis.smembers(POOLS_KEY),
  }
}
