import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import type { Balancer, PolicyName } from '../../../src/runtime/balancer/index.ts'
import { modelKey, stateKey } from '../../../src/runtime/balancer/keys.ts'
import { createLearnedPolicy } from '../../../src/runtime/balancer/learned.ts'
import { createSharedModel } from '../../../src/runtime/balancer/shared-model.ts'
import type { RedisClient } from '../../../src/runtime/platform/redis/index.ts'
import { startTestRedis, type TestRedis } from '../../support/redis.ts'
import { BUSY, FAILED, OK, openScene, POOL, releaseAll, type Scene, take, urlOf } from './scene.ts'

let server: TestRedis
let redis: RedisClient
let scene: Scene

beforeAll(async () => {
  server = await startTestRedis()
  redis = server.connect()
})
afterAll(() => server.close())
beforeEach(async () => {
  await redis.flushall()
  scene = openScene(redis)
})
afterEach(() => scene.closer.close())

/** Makes the replicas look as if they had behaved like this until now. */
async function seen(behaviours: readonly { latency: number; errors?: number }[]): Promise<void> {
  const [seconds = '0'] = await redis.time()
  const at = Number(seconds) * 1_000 // of all: what was seen fades with time
  for (const [i, { latency, errors = 0 }] of behaviours.entries())
    await redis.hset(stateKey(POOL, urlOf(i + 1)), { latency, errors, at, count: 50, row: 0 })
}

/** How many of `count` requests that are under way at the same time each replica has. */
async function shares(balancer: Balancer, count: number): Promise<number[]> {
  const leases = await take(balancer, count)
  const loads = [1, 2, 3].map((n) => leases.filter(({ url }) => url === urlOf(n)).length)
  await releaseAll(leases)
  return loads
}

/** Decides as if never to explore, and by the order of the replicas between equals. */
const steady = () => 0.5
const open = (policy: PolicyName) => scene.balancer({ policy, random: steady })

describe('the choice', () => {
  it.each(['least-connections', 'ewma', 'learned'] as const)('of %s is even among equals', async (policy) => {
    await scene.register(3)
    expect(await shares(open(policy), 30)).toEqual([10, 10, 10])
  })

  it('between equals is random', async () => {
    await scene.register(3)
    const first = async (random: number) => {
      const lease = await scene.balancer({ random: () => random }).acquire()
      await lease.release(OK)
      return lease.url
    }
    expect([await first(0), await first(0.5), await first(0.99)]).toEqual([1, 2, 3].map(urlOf))
  })

  it.each(['ewma', 'learned'] as const)(
    'of %s gives a slow replica less, but not nothing',
    async (policy) => {
      await scene.register(3)
      await seen([{ latency: 300 }, { latency: 900 }, { latency: 300 }])
      const [fast = 0, slow = 0, other = 0] = await shares(open(policy), 30)
      expect(slow).toBeGreaterThan(0)
      expect(slow).toBeLessThan(Math.min(fast, other))
      expect(Math.abs(fast - other)).toBeLessThanOrEqual(1)
    },
  )

  it.each(['least-connections', 'ewma', 'learned'] as const)(
    'of %s does not fall for a replica that is quick because it fails',
    async (policy) => {
      await scene.register(3)
      await seen([{ latency: 300 }, { latency: 1, errors: 0.4 }, { latency: 300 }])
      const [one = 0, failing = 0, three = 0] = await shares(open(policy), 12)
      expect(failing).toBeLessThan(Math.min(one, three))
    },
  )

  it('counts failures, being busy and time', async () => {
    await scene.register(1)
    const balancer = scene.balancer()
    await (await balancer.acquire()).release(BUSY)
    expect((await balancer.replicas())[0]?.latency).toBeGreaterThanOrEqual(1_000)
    await (await balancer.acquire()).release(FAILED)
    const [failed] = await balancer.replicas()
    expect(failed?.errors).toBeCloseTo(0.1, 6)
    await (await balancer.acquire()).release(OK)
    const [recovered] = await balancer.replicas()
    expect(recovered?.errors).toBeGreaterThan(0)
    expect(recovered?.errors).toBeLessThan(failed?.errors ?? 0)
    expect(recovered?.latency).toBeLessThan(failed?.latency ?? 0)
  })

  it('avoids what was tried, unless there is nothing else', async () => {
    await scene.register(3)
    const balancer = scene.balancer()
    const avoid = [urlOf(1), urlOf(3)]
    const leases = await Promise.all(Array.from({ length: 5 }, () => balancer.acquire({ avoid })))
    expect(new Set(leases.map(({ url }) => url))).toEqual(new Set([urlOf(2)]))
    await releaseAll(leases)
    const any = await balancer.acquire({ avoid: [1, 2, 3].map(urlOf) })
    await any.release(OK)
  })

  it('of a new process starts from what others have learned', async () => {
    await scene.register(2)
    const first = scene.balancer({ policy: 'learned' })
    for (let i = 0; i < 20; i++) await (await first.acquire()).release(OK)
    await first.close()
    const model = JSON.parse((await redis.hget(modelKey(POOL), 'weights')) ?? '[]') as number[]
    const next = createLearnedPolicy()
    expect(next.learned).not.toEqual(model)
    await createSharedModel(redis, POOL, next).sync()
    expect(next.learned).toEqual(model)
  })

  it.each(['', 'nonsense', '[1,2]', '[1,2,3,4,null]', '{}'])(
    'is not misled by the model %j',
    async (text) => {
      await redis.hset(modelKey(POOL), 'weights', text)
      const policy = createLearnedPolicy()
      const before = policy.learned
      await createSharedModel(redis, POOL, policy).sync()
      expect(policy.learned).toEqual(before)
    },
  )
})
