import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { leasesKey } from '../../../src/runtime/balancer/keys.ts'
import type { RedisClient } from '../../../src/runtime/platform/redis/index.ts'
import { eventually } from '../../support/program.ts'
import { startTestRedis, type TestRedis } from '../../support/redis.ts'
import {
  CANCELLED,
  FAILED,
  OK,
  openScene,
  POOL,
  releaseAll,
  type Scene,
  startOther,
  take,
  urlOf,
} from './scene.ts'

let server: TestRedis
let redis: RedisClient
let scene: Scene

beforeAll(async () => {
  server = await startTestRedis(false)
  redis = server.connect()
})
afterAll(() => server.close())
beforeEach(async () => {
  await redis.flushall()
  scene = openScene(redis)
})
afterEach(() => scene.closer.close())

const zero = (n: number) => async () => ['0', null].includes(await scene.load(n))

describe('leases', () => {
  it('are spread over the replicas, counted, and given back', async () => {
    await scene.register(3)
    const balancer = scene.balancer()
    const leases = await take(balancer, 6)
    expect(leases.map(({ url }) => url).toSorted()).toEqual([1, 1, 2, 2, 3, 3].map(urlOf))
    expect(await Promise.all([1, 2, 3].map(scene.load))).toEqual(['2', '2', '2'])
    expect(await balancer.replicas()).toMatchObject([{ load: 2 }, { load: 2 }, { load: 2 }])
    await releaseAll(leases)
    expect(await Promise.all([1, 2, 3].map(scene.load))).toEqual(['0', '0', '0'])
  })

  it('that are given back twice count once', async () => {
    await scene.register(1)
    const balancer = scene.balancer()
    const [one, other] = await take(balancer, 2)
    await Promise.all([one?.release(OK), one?.release(FAILED), one?.release(OK)])
    expect(await scene.load(1)).toBe('1')
    expect(await balancer.replicas()).toMatchObject([{ errors: 0 }])
    await other?.release(OK)
    expect(await scene.load(1)).toBe('0')
  })

  it('of all clients count for each of them', async () => {
    await scene.register(2)
    const mine = scene.balancer({ random: () => 0 })
    const other = await startOther(server.url, scene.closer)
    const theirs = (await other.ask({ take: 1, leaseTtl: 60_000 })) as string[]
    const lease = await mine.acquire()
    expect([lease.url, ...theirs].toSorted()).toEqual([urlOf(1), urlOf(2)])
    await lease.release(OK)
  })

  it('stay right with many clients at once', async () => {
    await scene.register(3)
    const clients = [redis, server.connect(), server.connect()].map((each) =>
      scene.balancer({ redis: each, policy: 'learned' }),
    )
    const outcomes = [OK, OK, OK, CANCELLED]
    const work = clients.flatMap((balancer) =>
      Array.from({ length: 20 }, async () => {
        for (let i = 0; i < 50; i++) await (await balancer.acquire()).release(outcomes[i % 4] ?? OK)
      }),
    )
    await Promise.all(work)
    expect(await Promise.all([1, 2, 3].map(scene.load))).toEqual(['0', '0', '0'])
    expect(await clients[0]?.replicas()).toMatchObject([{ load: 0 }, { load: 0 }, { load: 0 }])
  })

  it('are kept while their holder lives, however long that takes', async () => {
    await scene.register(1)
    const lease = await scene.balancer({ leaseTtl: 4_000 }).acquire()
    const [, first] = await redis.zrange(leasesKey(POOL, urlOf(1)), '0', '-1', 'WITHSCORES')
    await eventually(async () => {
      const [, score] = await redis.zrange(leasesKey(POOL, urlOf(1)), '0', '-1', 'WITHSCORES')
      return Number(score) > Number(first) + 5_000
    })
    expect(await scene.load(1)).toBe('1')
    await lease.release(OK)
    expect(await scene.load(1)).toBe('0')
  })

  it('of a client that was killed run out', async () => {
    await scene.register(2)
    const other = await startOther(server.url, scene.closer)
    await other.ask({ take: 4, leaseTtl: 4_000 })
    expect(await Promise.all([1, 2].map(scene.load))).toEqual(['2', '2'])
    other.kill('SIGKILL')
    await other.exited
    await eventually(async () => (await zero(1)()) && (await zero(2)()))
    expect(await Promise.all([1, 2].map(scene.load))).toEqual(['0', '0'])
  })

  it('of a client and a replica that were killed together are cleared away by anybody', async () => {
    const other = await startOther(server.url, scene.closer)
    await other.ask({ register: urlOf(1), ttl: 4_000 })
    await other.ask({ take: 2, leaseTtl: 4_000 })
    expect(await scene.load(1)).toBe('2')
    other.kill('SIGKILL')
    await other.exited
    const balancer = scene.balancer()
    await eventually(zero(1))
    await eventually(async () => (await redis.exists(leasesKey(POOL, urlOf(1)))) === 0)
    expect(await balancer.replicas()).toEqual([])
    expect(await redis.pttl(`llm:load:${urlOf(1)}`)).toBeGreaterThan(0)
  })

  it('of a client that hangs run out, and are not given back for a second time', async () => {
    await scene.register(1)
    const balancer = scene.balancer()
    const other = await startOther(server.url, scene.closer)
    await other.ask({ take: 3, leaseTtl: 1_500 })
    other.kill('SIGSTOP')
    await eventually(zero(1))
    const mine = await take(balancer, 2)
    expect(await scene.load(1)).toBe('2')
    const released = other.ask({ release: 'all' })
    other.kill('SIGCONT')
    await released
    await eventually(async () => (await scene.load(1)) === '2')
    expect(await balancer.replicas()).toMatchObject([{ load: 2 }])
    await releaseAll(mine)
    expect(await scene.load(1)).toBe('0')
  })

  it('are given back once Redis is there again', async () => {
    await scene.register(1)
    const balancer = scene.balancer({ redis: server.connect('request') })
    const leases = await take(balancer, 3)
    await server.kill()
    const released = releaseAll(leases)
    await expect(balancer.acquire()).rejects.toMatchObject({ code: 'REDIS_UNREACHABLE' })
    await server.start()
    await released
    await eventually(async () => (await scene.load(1)) === '0', 9_000)
  })

  it('survive a flush: what is held is counted again, and nothing goes below zero', async () => {
    await scene.register(2)
    const balancer = scene.balancer({ leaseTtl: 1_500 })
    const held = await take(balancer, 4)
    await redis.flushall()
    const early = await balancer.acquire() // waits until the replicas are back
    await early.release(OK)
    await held[0]?.release(OK)
    const rest = held.slice(1)
    await eventually(async () => {
      const loads = (await balancer.replicas()).map(({ load }) => load)
      return loads.reduce((sum, load) => sum + load, 0) === 3
    })
    await releaseAll(rest)
    await eventually(async () => (await zero(1)()) && (await zero(2)()))
    expect((await balancer.replicas()).map(({ load }) => load)).toEqual([0, 0])
  })

  it('are not taken for a caller that wants no more', async () => {
    await scene.register(1)
    const balancer = scene.balancer()
    const controller = new AbortController()
    const acquired = balancer.acquire({ signal: controller.signal })
    controller.abort(new Error('gone'))
    await expect(acquired).rejects.toThrow('gone')
    await eventually(zero(1))
  })
})
