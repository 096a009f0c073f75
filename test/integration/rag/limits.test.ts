import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import type { RedisClient } from '../../../src/runtime/platform/redis/index.ts'
import { createLimits } from '../../../src/runtime/rag/service/limits.ts'
import { eventually } from '../../support/program.ts'
import { silent, startTestRedis, type TestRedis } from '../../support/redis.ts'

let server: TestRedis
let redis: RedisClient

beforeAll(async () => {
  server = await startTestRedis()
  redis = server.connect('request')
})
afterAll(() => server.close())
beforeEach(() => redis.flushall())

const limits = (rate: number, quota: number) => createLimits({ redis, rate, quota, log: silent })

describe('the limits of a user', () => {
  it('are none unless they are set', async () => {
    const free = limits(0, 0)
    for (let i = 0; i < 50; i++) await free.count('u')
    expect(await redis.keys('*')).toEqual([])
  })

  it('are shared by all gateways, and each user has their own', async () => {
    const [one, other] = [limits(2, 0), limits(2, 0)]
    await one.count('u')
    await other.count('u')
    await expect(one.count('u')).rejects.toMatchObject({ code: 'RAG_LIMIT', status: 429 })
    await one.count('v')
  })

  it('say when the next query may be asked', async () => {
    const strict = limits(1, 0)
    await strict.count('u')
    const refusal = await strict.count('u').catch((error: { retryAfter: number; message: string }) => error)
    expect(refusal?.retryAfter).toBeGreaterThan(1_000)
    expect(refusal?.retryAfter).toBeLessThanOrEqual(60_000)
    expect(refusal?.message).toContain('u may ask 1 times a minute')
  })

  it('hold for a day where the quota says so', async () => {
    const strict = limits(0, 1)
    await strict.count('u')
    await expect(strict.count('u')).rejects.toMatchObject({ message: expect.stringContaining('a day') })
    expect(await redis.ttl('rag:quota:u')).toBeGreaterThan(80_000)
  })
})

describe('while Redis is away', () => {
  it('each gateway counts by itself, and nobody is refused for an error', async () => {
    const strict = limits(3, 0)
    await strict.count('u')
    await server.kill()
    await eventually(() => redis.status !== 'ready')
    for (let i = 0; i < 3; i++) await strict.count('u')
    await expect(strict.count('u')).rejects.toMatchObject({ code: 'RAG_LIMIT' })
    await server.start()
    await eventually(() => redis.status === 'ready')
    await strict.count('u')
  })
})
