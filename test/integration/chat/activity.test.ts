import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { createFeatureActivity, noteJob } from '../../../src/runtime/chat/activity.ts'
import { createPools } from '../../../src/runtime/chat/pools.ts'
import { createChatQueues } from '../../../src/runtime/chat/queues.ts'
import type { RedisClient } from '../../../src/runtime/platform/redis/index.ts'
import { silent, startTestRedis, type TestRedis } from '../../support/redis.ts'

let server: TestRedis
let redis: RedisClient

beforeAll(async () => {
  server = await startTestRedis()
  redis = server.connect('request')
})
afterAll(() => server.close())
beforeEach(async () => {
  await redis.flushall()
})

const job = (feature: string, run: string) => ({ feature_id: feature, chat_id: run, run, input: {} })

describe('the use of features', () => {
  it('is noted with each job of those that are watched, whoever answers it, and of no others', async () => {
    const activity = createFeatureActivity(redis, () => 1_000)
    await activity.watch('shop')
    await activity.watch('quiet')
    const queues = createChatQueues({ redis, pools: createPools(redis), log: silent })
    const before = Date.now()
    for (const feature of ['shop', 'other', 'default']) await queues.add(job(feature, `run-${feature}`))
    await expect.poll(() => activity.last('shop')).toBeGreaterThanOrEqual(before)
    expect(await activity.last('quiet')).toBe(1_000)
    expect([await activity.last('other'), await activity.last('default')]).toEqual([undefined, undefined])
    await queues.close()
  })

  it('is not set back by watching again, nor by a clock that is late', async () => {
    const activity = createFeatureActivity(redis, () => Date.now() + 3_600_000)
    await activity.watch('shop')
    const first = await activity.last('shop')
    await createFeatureActivity(redis, () => 5).watch('shop')
    noteJob(redis, 'shop', silent)
    expect(await activity.last('shop')).toBe(first)
    await activity.forget('shop')
    expect(await activity.last('shop')).toBeUndefined()
  })

  it('tells what the workers of a feature have to do, and that it cannot be told', async () => {
    const activity = createFeatureActivity(redis)
    const pools = createPools(redis)
    await pools.announce('shop', 'worker')
    const queues = createChatQueues({ redis, pools, log: silent })
    for (const run of ['one', 'two']) await queues.add(job('shop', run))
    expect(await activity.load('shop')).toEqual({ waiting: 2, running: 0 })
    expect(await activity.load('other')).toEqual({ waiting: 0, running: 0 })
    await queues.close()
    const lost = server.connect('request')
    lost.disconnect()
    await expect(createFeatureActivity(lost).load('shop')).rejects.toThrow()
  })
})
