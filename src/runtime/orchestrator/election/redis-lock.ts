import { loadScript, type RedisClient } from '../../platform/redis/index.ts'
import { FENCE_KEY, LEADER_KEY } from '../keys.ts'
import type { Lock } from './lock.ts'

const hold = loadScript(import.meta.url, 'hold', 2)
const release = loadScript(import.meta.url, 'release', 1)

/**
 * A lock in Redis. A Redis that fails over may forget it: whoever acts shows its number, and what it acts on refuses smaller
 * ones than it has seen.
 * @param identity unique among all that want it
 * @param duration milliseconds after its last renewal at which it is free
 */
export function createRedisLock(redis: RedisClient, identity: string, duration: number): Lock {
  return {
    async hold() {
      const fence = Number(await hold(redis, [LEADER_KEY, FENCE_KEY], [identity, duration]))
      return fence === 0 ? undefined : fence
    },
    async release() {
      await release(redis, [LEADER_KEY], [identity])
    },
  }
}
