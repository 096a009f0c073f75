import { BurstyRateLimiter, RateLimiterMemory, RateLimiterRedis, RateLimiterRes } from 'rate-limiter-flexible'
import { type Logger, messageOf } from '../kernel/index.ts'
import type { RedisClient } from '../platform/redis/index.ts'
import { accessError } from './errors.ts'
import { BURST_PREFIX, RATE_PREFIX } from './keys.ts'
import type { AccessRecord } from './record.ts'

/** What keys may ask for, in number. */
export interface KeyLimits {
  /**
   * Counts one request of a key.
   * @returns what is to be called once when the request is over
   * @throws AgentctlError ACCESS_LIMIT
   */
  enter(record: AccessRecord): Promise<() => void>
}

/** Seconds in which a burst may be used up. */
const BURST_SECONDS = 10
/** Milliseconds after which one that has too many under way may ask again. */
const CROWDED = 1_000

interface Limiter {
  consume(key: string): Promise<unknown>
}

/**
 * Requests a second are counted in Redis, for all gateways together; while it is away each gateway counts by itself. Those under
 * way at the same time are counted by each gateway.
 */
export function createKeyLimits({ redis, log }: { redis: RedisClient; log: Logger }): KeyLimits {
  const limiters = new Map<string, Limiter>()
  const underWay = new Map<string, number>()

  function open(points: number, duration: number, keyPrefix: string): RateLimiterRedis {
    const options = { points, duration, keyPrefix }
    const insuranceLimiter = new RateLimiterMemory(options)
    return new RateLimiterRedis({
      ...options,
      storeClient: redis,
      insuranceLimiter,
      rejectIfRedisNotReady: true,
    })
  }

  /** One for all keys of the same limits. */
  function limiterOf(rate: number, burst = 0): Limiter {
    const name = `${rate}+${burst}`
    const known = limiters.get(name)
    if (known) return known
    const steady = open(rate, 1, RATE_PREFIX)
    const made =
      burst === 0 ? steady : new BurstyRateLimiter(steady, open(burst, BURST_SECONDS, BURST_PREFIX))
    limiters.set(name, made)
    return made
  }

  async function count({ id, rate, burst }: AccessRecord): Promise<void> {
    if (rate === undefined) return
    try {
      await limiterOf(rate, burst).consume(id)
    } catch (refusal) {
      if (!(refusal instanceof RateLimiterRes)) {
        log.warn({ reason: messageOf(refusal) }, 'counting requests failed: this one is not counted')
        return
      }
      throw accessError('ACCESS_LIMIT', `key ${id} may send ${rate} requests a second`, {
        retryAfter: refusal.msBeforeNext,
      })
    }
  }

  function leave(id: string): void {
    const left = (underWay.get(id) ?? 1) - 1
    if (left > 0) underWay.set(id, left)
    else underWay.delete(id)
  }

  return {
    async enter(record) {
      const { id, concurrent } = record
      const running = underWay.get(id) ?? 0
      if (concurrent !== undefined && running >= concurrent)
        throw accessError('ACCESS_LIMIT', `key ${id} may have ${concurrent} requests under way`, {
          retryAfter: CROWDED,
        })
      underWay.set(id, running + 1)
      try {
        await count(record)
      } catch (error) {
        leave(id)
        throw error
      }
      return () => leave(id)
    },
  }
}
