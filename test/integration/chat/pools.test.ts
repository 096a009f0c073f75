import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { createPools, WORKER_TTL } from '../../../src/runtime/chat/pools.ts'
import type { RedisClient } from '../../../src/runtime/platform/redis/index.ts'
import { startTestRedis, type TestRedis } from '../../support/redis.ts'

let server: TestRedis
let redis: RedisClient
let now = 1_000_000
const at = () => now

beforeAll(async () => {
  server = await startTestRedis()
  redis = server.connect()
})
afterAll(() => server.close())
beforeEach(() => redis.flushall())

describe('the pools of workers', () => {
  it('are alive from the first announcement until the worker leaves', async () => {
    const pools = createPools(redis, at)
    expect(await pools.isAlive('default')).toBe(false)
    await pools.announce('default', 'w1')
    expect(await pools.isAlive('default')).toBe(true)
    await pools.leave('default', 'w1')
    expect(await pools.isAlive('default')).toBe(false)
  })

  it('are alive while one of several workers is', async () => {
    const pools = createPools(redis, at)
    await pools.announce('default', 'w1')
    await pools.announce('default', 'w2')
    await pools.leave('default', 'w1')
    expect(await pools.isAlive('default')).toBe(true)
  })

  it('die with workers that say nothing any more', async () => {
    const pools = createPools(redis, at)
    await pools.announce('default', 'w1')
    now += WORKER_TTL - 1
    expect(await pools.isAlive('default')).toBe(true)
    now += 2
    expect(await pools.isAlive('default')).toBe(false)
  })

  it('forget the dead when the living announce themselves', async () => {
    const pools = createPools(redis, at)
    await pools.announce('default', 'dead')
    now += WORKER_TTL + 1
    await pools.announce('default', 'living')
    expect(await redis.zrange('chat:pool:default', '0', '-1')).toEqual(['living'])
  })

  it('serve a feature by its own workers while any lives, else by the default ones', async () => {
    const pools = createPools(redis, at)
    expect(await pools.poolFor('support')).toBe('default')
    await pools.announce('support', 'w1')
    expect(await pools.poolFor('support')).toBe('support')
    expect(await pools.poolFor('sales')).toBe('default')
    now += WORKER_TTL + 1
    expect(await pools.poolFor('support')).toBe('default')
  })

  it('remember which features had workers of their own', async () => {
    const pools = createPools(redis, at)
    await pools.announce('support', 'w1')
    await pools.announce('default', 'w2')
    await pools.leave('support', 'w1')
    expect(await pools.features()).toEqual(['support'])
  })
})
