import type { Logger } from '../../kernel/index.ts'
import type { RedisClient } from '../../platform/redis/index.ts'

/** Milliseconds to wait for Redis; what is cached here costs about as much to find out again. */
const PATIENCE = 250
/** Milliseconds without cache after Redis has failed. */
const PAUSE = 1_000

/** A cache that is never in the way: while Redis is away, nothing is found and nothing is kept. */
export interface Cache {
  /** Null when there is nothing, undefined when it cannot be told. */
  get(key: string): Promise<Buffer | null | undefined>
  /** Keeps a value for the time to live of this cache. */
  set(key: string, value: Buffer | string): Promise<void>
}

export interface CacheOptions {
  redis?: RedisClient | undefined
  /** Milliseconds; 0 for no cache. */
  ttl: number
  log: Logger
  /** Milliseconds to wait for Redis. */
  patience?: number
  now?: () => number
}

export function createCache({ redis, ttl, log, patience = PATIENCE, now = Date.now }: CacheOptions): Cache {
  let quietUntil = 0

  async function attempt<T>(command: (redis: RedisClient) => Promise<T>): Promise<T | undefined> {
    if (!redis || ttl <= 0 || redis.status !== 'ready' || now() < quietUntil) return undefined
    try {
      return await within(patience, command(redis))
    } catch (error) {
      quietUntil = now() + PAUSE
      log.debug({ reason: (error as Error).message }, 'going on without the cache')
      return undefined
    }
  }

  return {
    get: (key) => attempt((client) => client.getBuffer(key)),
    async set(key, value) {
      await attempt((client) => client.set(key, value, 'PX', ttl))
    },
  }
}

async function within<T>(ms: number, work: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`no answer within ${ms} ms`)), ms)
  })
  try {
    return await Promise.race([work, late])
  } finally {
    clearTimeout(timer)
  }
}
