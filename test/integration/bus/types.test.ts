import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { createEventBus, EVENT_TYPES, type EventBus } from '../../../src/runtime/bus/index.ts'
import type { RedisClient } from '../../../src/runtime/platform/redis/index.ts'
import { eventually } from '../../support/program.ts'
import { startTestRedis, type TestRedis } from '../../support/redis.ts'

let server: TestRedis
let redis: RedisClient
let bus: EventBus

beforeAll(async () => {
  server = await startTestRedis()
  redis = server.connect()
})
afterAll(() => server.close())
beforeEach(async () => {
  await redis.flushall()
  bus = createEventBus({ redisUrl: server.url })
})
afterEach(() => bus.close())

const types = async () => (await redis.smembers(EVENT_TYPES)).sort()

describe('the types that are in use', () => {
  it('are noted when they are published or consumed', async () => {
    bus.subscribe('is.consumed', async () => {})
    await bus.start()
    await bus.publish('is.published', {})
    await eventually(async () => (await types()).length === 2)
    expect(await types()).toEqual(['is.consumed', 'is.published'])
  })

  it('are noted once, and not with each event', async () => {
    const calls = async () => {
      const stats = await redis.info('commandstats')
      return Number(/cmdstat_sadd:calls=(\d+)/.exec(stats)?.[1] ?? 0)
    }
    const before = await calls()
    for (let i = 0; i < 50; i++) await bus.publish('is.published', { i })
    expect((await calls()) - before).toBe(1)
  })

  it('are noted anew when the database was emptied', async () => {
    bus.subscribe('is.consumed', async () => {})
    await bus.start()
    await eventually(async () => (await types()).length === 1)
    await redis.flushall()
    await eventually(async () => (await types()).includes('is.consumed'))
  })

  it('cost no publication when they cannot be noted', async () => {
    await redis.set(EVENT_TYPES, 'no set')
    const id = await bus.publish('is.published', {})
    expect(id).not.toBe('')
    expect(await redis.xlen('agent:stream:is.published')).toBe(1)
  })
})
