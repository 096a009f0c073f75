import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import type { Balancer, Lease, Outcome } from '../../../src/runtime/balancer/index.ts'
import type { RedisClient } from '../../../src/runtime/platform/redis/index.ts'
import { eventually } from '../../support/program.ts'
import { startTestRedis, type TestRedis } from '../../support/redis.ts'
import { BUSY, CANCELLED, FAILED, OK, openScene, releaseAll, type Scene, take, urlOf } from './scene.ts'

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

const OUT = { code: 'BALANCER_NO_REPLICA', status: 503 }
const LONG = 60_000
const healthOf = async (balancer: Balancer) => (await balancer.replicas())[0]?.health

/** Requests to the only replica. */
async function send(balancer: Balancer, outcomes: readonly Outcome[]): Promise<void> {
  for (const outcome of outcomes) await (await balancer.acquire()).release(outcome)
}

const times = (count: number, outcome: Outcome): Outcome[] => Array(count).fill(outcome)

/** Waits until the pause of the only replica is over. */
const halfOpen = (balancer: Balancer) => eventually(async () => (await healthOf(balancer)) === 'half-open')

async function breakIt(balancer: Balancer): Promise<void> {
  await send(balancer, times(5, FAILED))
  expect(await healthOf(balancer)).not.toBe('closed')
}

describe('a replica that fails', () => {
  it('is out after five failures in a row, and then says when to come back', async () => {
    await scene.register(1)
    const balancer = scene.balancer({ breaker: { pause: LONG, longest: LONG } })
    await send(balancer, [...times(4, FAILED), OK, ...times(4, FAILED)])
    expect(await healthOf(balancer)).toBe('closed')
    await send(balancer, [FAILED])
    expect(await healthOf(balancer)).toBe('open')
    const error = await balancer.acquire().catch((thrown) => thrown)
    expect(error).toMatchObject(OUT)
    expect(error.retryAfter).toBeGreaterThan(0)
    expect(error.retryAfter).toBeLessThanOrEqual(LONG)
  })

  it('is out when most of its requests fail, though never five in a row', async () => {
    await scene.register(1)
    const balancer = scene.balancer({ breaker: { pause: LONG, longest: LONG } })
    const row = [FAILED, FAILED, FAILED, FAILED, OK]
    await send(balancer, row)
    expect(await healthOf(balancer)).toBe('closed')
    await expect(send(balancer, [...row, ...row, ...row])).rejects.toMatchObject(OUT)
  })

  it('is not blamed for being busy, nor for requests that nobody wanted any more', async () => {
    await scene.register(1)
    const balancer = scene.balancer()
    await send(balancer, [...times(4, FAILED), ...times(20, CANCELLED), ...times(20, BUSY)])
    expect(await healthOf(balancer)).toBe('closed')
    await send(balancer, [FAILED])
    expect(await healthOf(balancer)).not.toBe('closed')
  })

  it('is out for the other clients too, which use the rest', async () => {
    await scene.register(2)
    const [one, other] = [
      scene.balancer({ urls: [urlOf(1)], breaker: { pause: LONG, longest: LONG } }),
      scene.balancer(),
    ]
    await breakIt(one)
    const leases = await take(other, 6)
    expect(new Set(leases.map(({ url }) => url))).toEqual(new Set([urlOf(2)]))
    await releaseAll(leases)
  })

  it('is tried by one request at a time, and is back when two went well', async () => {
    await scene.register(1)
    const balancer = scene.balancer({ breaker: { pause: 50 } })
    await breakIt(balancer)
    await halfOpen(balancer)
    const results = await Promise.allSettled(Array.from({ length: 20 }, () => balancer.acquire()))
    const probes = results.filter((result) => result.status === 'fulfilled')
    expect(probes).toHaveLength(1)
    const [refused] = results.filter((result) => result.status === 'rejected')
    expect(refused?.reason).toMatchObject(OUT)
    await probes[0]?.value.release(OK)
    expect(await healthOf(balancer)).toBe('half-open')
    await send(balancer, [OK])
    expect(await healthOf(balancer)).toBe('closed')
    await releaseAll(await take(balancer, 5))
  })

  it('is left alone for longer each time it fails again', async () => {
    await scene.register(1)
    const balancer = scene.balancer({ breaker: { pause: 100, longest: LONG } })
    await breakIt(balancer)
    for (const least of [101, 201, 401]) {
      await halfOpen(balancer)
      await send(balancer, [FAILED])
      const state = await redis.hget(`{balancer:llm}:state:${urlOf(1)}`, 'pause')
      expect(Number(state)).toBeGreaterThanOrEqual(least)
    }
  })

  it('can be tried again after a probe that was cancelled', async () => {
    await scene.register(1)
    const balancer = scene.balancer({ breaker: { pause: 50 } })
    await breakIt(balancer)
    await halfOpen(balancer)
    await send(balancer, [CANCELLED, BUSY, OK, CANCELLED, OK])
    expect(await healthOf(balancer)).toBe('closed')
  })

  it('can be tried again although a probe hangs, whose late answer still counts', async () => {
    await scene.register(1)
    const balancer = scene.balancer({ breaker: { pause: 50, permit: 4_000 } })
    await breakIt(balancer)
    await halfOpen(balancer)
    const hung = await balancer.acquire()
    await expect(balancer.acquire()).rejects.toMatchObject(OUT)
    let second: Lease | undefined
    await eventually(async () => {
      second = await balancer.acquire().catch(() => undefined)
      return second !== undefined
    })
    await second?.release(OK)
    expect(await healthOf(balancer)).toBe('half-open')
    await hung.release(OK)
    expect(await healthOf(balancer)).toBe('closed')
  })

  it('is not brought back, nor put out for longer, by what was under way before', async () => {
    await scene.register(1)
    const balancer = scene.balancer({ breaker: { pause: LONG, longest: LONG } })
    const early = await take(balancer, 10)
    await breakIt(balancer)
    await Promise.all(early.map((lease, i) => lease.release(i % 2 ? OK : FAILED)))
    expect(await redis.hmget(`{balancer:llm}:state:${urlOf(1)}`, 'pause', 'good')).toEqual([
      String(LONG),
      '0',
    ])
  })

  it('has another chance when it starts anew', async () => {
    const [first] = await scene.register(1)
    const balancer = scene.balancer({ breaker: { pause: LONG, longest: LONG } })
    await breakIt(balancer)
    await first?.close()
    await scene.register(1)
    await send(balancer, [OK])
    expect(await healthOf(balancer)).toBe('closed')
  })
})
