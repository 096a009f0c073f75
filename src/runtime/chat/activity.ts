import type { Logger } from '../kernel/index.ts'
import { depthQuestions, toDepth } from '../platform/queue-depth/index.ts'
import { askAll, type RedisClient } from '../platform/redis/index.ts'
import { ACTIVITY_KEY, QUEUE_PREFIX, queueName } from './keys.ts'

/** What the workers of one feature have to do. */
export interface PoolLoad {
  /** Jobs that wait, for a worker or for their next attempt. */
  waiting: number
  /** Jobs that a worker has. */
  running: number
}

/** When the features that somebody watches were last used. */
export interface FeatureActivity {
  /** Watches a feature from now on, if nobody does yet. */
  watch(feature: string): Promise<void>
  forget(feature: string): Promise<void>
  /** When its last job was added, or it was first watched, in milliseconds since 1970; undefined when nobody watches it. */
  last(feature: string): Promise<number | undefined>
  /** What its own workers have to do now. */
  load(feature: string): Promise<PoolLoad>
}

export function createFeatureActivity(redis: RedisClient, now: () => number = Date.now): FeatureActivity {
  return {
    async watch(feature) {
      await redis.zadd(ACTIVITY_KEY, 'NX', now(), feature)
    },
    async forget(feature) {
      await redis.zrem(ACTIVITY_KEY, feature)
    },
    async last(feature) {
      const score = await redis.zscore(ACTIVITY_KEY, feature)
      return score === null ? undefined : Number(score)
    },
    async load(feature) {
      const answers = await askAll(redis, depthQuestions(QUEUE_PREFIX, queueName(feature)))
      const counts = answers.map((answer) => {
        if (answer.error) throw answer.error
        return Number(answer.value)
      })
      const { waiting, delayed, active } = toDepth(counts)
      return { waiting: waiting + delayed, running: active }
    },
  }
}

/**
 * Notes that a job of a feature was added; nothing is kept of features that nobody watches, as their ids come from clients.
 * It is no reason for a chat to wait or fail.
 */
export function noteJob(redis: RedisClient, feature: string, log: Logger): void {
  redis
    .zadd(ACTIVITY_KEY, 'XX', 'GT', Date.now(), feature)
    .catch((error: Error) => log.debug({ feature, reason: error.message }, 'a job could not be noted'))
}
