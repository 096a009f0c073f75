import { afterAll, beforeAll, beforeEach } from 'vitest'
import type { RedisClient } from '../../../src/runtime/platform/redis/index.ts'
import { startTestRedis, type TestRedis } from '../../support/redis.ts'

export const STREAM = 'agent:stream:task.created'
export const GROUP = 'agent-group'

/** A real Redis that is empty at the beginning of each test. */
export function createScene(): { readonly redis: RedisClient } {
  let server: TestRedis
  let redis: RedisClient

  beforeAll(async () => {
    server = await startTestRedis()
    redis = server.connect()
  })
  afterAll(() => server.close())
  beforeEach(() => redis.flushall())

  return {
    get redis() {
      return redis
    },
  }
}

/** Entries with the ids FROM-0 to TO-0, and the event ids e-FROM to e-TO. */
export async function add(redis: RedisClient, from: number, to: number, stream = STREAM): Promise<void> {
  for (let i = from; i <= to; i++) await redis.xadd(stream, `${i}-0`, 'event_id', `e-${i}`, 'data', '{}')
}

export async function read(redis: RedisClient, count: number, consumer = 'c1', stream = STREAM) {
  await redis.xreadgroup('GROUP', GROUP, consumer, 'COUNT', count, 'STREAMS', stream, '>')
}

export async function idsIn(redis: RedisClient, stream = STREAM): Promise<string[]> {
  return ((await redis.xrange(stream, '-', '+')) as [string, string[]][]).map(([id]) => id)
}

export async function pendingIds(redis: RedisClient, stream = STREAM, group = GROUP): Promise<string[]> {
  return ((await redis.xpending(stream, group, '-', '+', 1_000)) as [string][]).map(([id]) => id)
}
