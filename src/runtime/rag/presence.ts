import type { RedisClient } from '../platform/redis/index.ts'
import { stageKey } from './keys.ts'

/** Milliseconds after its last sign of life at which a worker counts as dead. */
export const WORKER_TTL = 10_000

/** Which stages have workers. */
export interface Presence {
  /** Says that a worker serves these stages; to be repeated well within WORKER_TTL. */
  announce(stages: readonly string[], worker: string): Promise<void>
  leave(stages: readonly string[], worker: string): Promise<void>
  /** Those of the stages that nobody serves. */
  missing(stages: readonly string[]): Promise<string[]>
}

export function createPresence(redis: RedisClient, now: () => number = Date.now): Presence {
  return {
    async announce(stages, worker) {
      await Promise.all(
        stages.map(async (stage) => {
          await redis.zadd(stageKey(stage), now() + WORKER_TTL, worker)
          await redis.zremrangebyscore(stageKey(stage), '-inf', now())
        }),
      )
    },
    async leave(stages, worker) {
      await Promise.all(stages.map((stage) => redis.zrem(stageKey(stage), worker)))
    },
    async missing(stages) {
      const counts = await Promise.all(stages.map((stage) => redis.zcount(stageKey(stage), now(), '+inf')))
      return stages.filter((_, i) => counts[i] === 0)
    },
  }
}
