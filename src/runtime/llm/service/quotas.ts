import { RateLimiterMemory, RateLimiterRedis, RateLimiterRes } from 'rate-limiter-flexible'
import type { RedisClient } from '../../platform/redis/index.ts'
import type { CacheGuard } from '../cache/guard.ts'
import { llmError } from '../errors.ts'
import { REQUEST_QUOTA_PREFIX, TOKEN_QUOTA_PREFIX } from '../keys.ts'
import { type Count, type Counter, createKnownCounts } from './known-counts.ts'

/** What each tenant may use. Counted in Redis for all replicas together; while it is away, each counts for itself. */
export interface Quotas {
  /** @throws AgentctlError LLM_QUOTA_EXCEEDED with the time until there is quota again */
  admit(tenant: string): Promise<void>
  /** Counts the tokens of an answer. */
  charge(tenant: string, tokens: number): void
  /** Sends what is not counted in Redis yet. */
  close(): Promise<void>
}

export interface QuotaOptions {
  /** Made for the purpose `cache`. */
  redis: RedisClient
  guard: CacheGuard
  /** Requests a minute; 0 for any number. */
  requests: number
  /** Tokens a day, of questions and answers; 0 for any number. */
  tokens: number
  /** Milliseconds. */
  now?: () => number
}

const MINUTE = 60
const DAY = 86_400

export function createQuotas({ redis, guard, requests, tokens, now = Date.now }: QuotaOptions): Quotas {
  const limit = (prefix: string, points: number, duration: number) =>
    points > 0
      ? createKnownCounts({ counter: createLimit({ redis, guard, prefix, points, duration }), points, now })
      : undefined
  const byMinute = limit(REQUEST_QUOTA_PREFIX, requests, MINUTE)
  const byDay = limit(TOKEN_QUOTA_PREFIX, tokens, DAY)
  return {
    async admit(tenant) {
      const day = await byDay?.look(tenant)
      if (day && day.consumed >= tokens) throw exceeded(`${tokens} tokens a day`, day)
      const minute = await byMinute?.take(tenant)
      if (minute && minute.consumed > requests) throw exceeded(`${requests} requests a minute`, minute)
    },
    charge(tenant, used) {
      if (used > 0) byDay?.add(tenant, used)
    },
    async close() {
      await Promise.all([byMinute?.close(), byDay?.close()])
    },
  }
}

function exceeded(quota: string, { left }: Count): Error {
  return llmError('LLM_QUOTA_EXCEEDED', `this key has used its ${quota}`, { retryAfter: left })
}

interface LimitOptions {
  redis: RedisClient
  guard: CacheGuard
  prefix: string
  points: number
  duration: number
}

function createLimit({ redis, guard, prefix, points, duration }: LimitOptions): Counter {
  const common = { keyPrefix: prefix, points, duration }
  const shared = new RateLimiterRedis({ ...common, storeClient: redis })
  const own = new RateLimiterMemory(common)

  // `penalty` counts without judging: nothing but a failure of the store is ever thrown, so that none of them can be
  // taken for a refusal.
  return {
    async add(tenant, used) {
      return countOf(
        (await guard.run(() => shared.penalty(tenant, used))) ?? (await own.penalty(tenant, used)),
      )
    },
    async look(tenant) {
      const found = await guard.run(async () => (await shared.get(tenant)) ?? NOTHING)
      return countOf(found ?? (await own.get(tenant)) ?? NOTHING)
    },
  }
}

const NOTHING = new RateLimiterRes(0, 0, 0, false)

function countOf({ consumedPoints: consumed, msBeforeNext: left }: RateLimiterRes): Count {
  return { consumed, left }
}
