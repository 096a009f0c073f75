import { RateLimiterMemory, RateLimiterRedis, RateLimiterRes } from 'rate-limiter-flexible'
import { formatDuration, type Logger, messageOf } from '../../kernel/index.ts'
import type { RedisClient } from '../../platform/redis/index.ts'
import { ragError } from '../errors.ts'
import { QUOTA_PREFIX, RATE_PREFIX } from '../keys.ts'

/** What a user may ask. */
export interface Limits {
  /**
   * Counts one query of a user.
   * @throws AgentctlError RAG_LIMIT
   */
  count(user: string): Promise<void>
}

export interface LimitsOptions {
  redis: RedisClient
  /** Queries a minute; 0 for any number. */
  rate: number
  /** Queries a day; 0 for any number. */
  quota: number
  log: Logger
}

const MINUTE = 60
const DAY = 86_400

/**
 * Limits in Redis, shared by all gateways. While Redis is away each gateway counts by itself: an error of the store never
 * refuses anybody.
 */
export function createLimits({ redis, rate, quota, log }: LimitsOptions): Limits {
  const limits = [
    { points: rate, duration: MINUTE, keyPrefix: RATE_PREFIX, per: 'a minute' },
    { points: quota, duration: DAY, keyPrefix: QUOTA_PREFIX, per: 'a day' },
  ]
    .filter(({ points }) => points > 0)
    .map(({ per, ...options }) => ({ limiter: open(options), points: options.points, per }))

  function open(options: { points: number; duration: number; keyPrefix: string }): RateLimiterRedis {
    const insuranceLimiter = new RateLimiterMemory(options)
    return new RateLimiterRedis({
      ...options,
      storeClient: redis,
      insuranceLimiter,
      rejectIfRedisNotReady: true,
    })
  }

  return {
    async count(user) {
      for (const { limiter, points, per } of limits) {
        try {
          await limiter.consume(user)
        } catch (refusal) {
          if (!(refusal instanceof RateLimiterRes)) {
            log.warn({ reason: messageOf(refusal) }, 'counting queries failed: this one is not counted')
            continue
          }
          const retryAfter = refusal.msBeforeNext
          const wait = formatDuration(Math.ceil(retryAfter / 1_000) * 1_000)
          throw ragError('RAG_LIMIT', `${user} may ask ${points} times ${per}; the next time in ${wait}`, {
            retryAfter,
          })
        }
      }
    },
  }
}
