import type { z } from 'zod'
import { createLogger } from '../runtime/platform/log/index.ts'
import {
  asUnreachable,
  connectRedis,
  disconnectRedis,
  type Purpose,
  type RedisClient,
  redisUrlOf,
  waitForRedis,
} from '../runtime/platform/redis/index.ts'
import { resolveSettings } from './settings.ts'

export interface WithRedisOptions {
  /** Default: `request`, which fails within seconds when Redis goes away meanwhile. */
  purpose?: Purpose
  /** Ends the connection, whatever it waits for. */
  signal?: AbortSignal
}

const CONNECT_TIMEOUT = 5_000

/**
 * Connects to the Redis that the settings name, for as long as `use` takes.
 * @param flags as parsed; others than those of the settings are ignored
 * @throws AgentctlError REDIS_UNREACHABLE
 */
export async function withRedis<T>(
  settings: z.ZodObject,
  flags: Record<string, unknown>,
  use: (redis: RedisClient) => Promise<T>,
  { purpose = 'request', signal }: WithRedisOptions = {},
): Promise<T> {
  const url = redisUrlOf(resolveSettings(settings, flags).values)
  // A command tells by its error that Redis is away; lines of a log would only disturb.
  const redis = connectRedis({
    url,
    purpose,
    name: 'cli',
    log: createLogger({ level: 'silent', bindings: {} }),
  })
  const disconnect = () => redis.disconnect()
  signal?.addEventListener('abort', disconnect)
  try {
    await waitForRedis(redis, url, CONNECT_TIMEOUT)
    return await use(redis)
  } catch (error) {
    throw (error instanceof Error ? asUnreachable(error) : undefined) ?? error
  } finally {
    signal?.removeEventListener('abort', disconnect)
    await disconnectRedis(redis)
  }
}
