import { once } from 'node:events'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { createRegistration, exposeReplicas } from '../../../src/runtime/balancer/index.ts'
import { createMetrics } from '../../../src/runtime/platform/metrics/index.ts'
import type { RedisClient } from '../../../src/runtime/platform/redis/index.ts'
import { eventually } from '../../support/program.ts'
import { silent, startTestRedis, type TestRedis } from '../../support/redis.ts'
import { OK, openScene, POOL, releaseAll, type Scene, startOther, take, urlOf } from './scene.ts'

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

const NONE = { code: 'BALANCER_NO_REPLICA', status: 503, retryAfter: 1_000 }

describe('a replica', () => {
  it('is found from its registration until it leaves', async () => {
    const balancer = scene.balancer()
    await expect(balancer.acquire()).rejects.toMatchObject(NONE)
    const [registration] = await scene.register(1)
    expect(await balancer.replicas()).toEqual([
      { url: urlOf(1), load: 0, health: 'closed', latency: 0, errors: 0 },
    ])
    await registration?.close()
    expect(await balancer.replicas()).toEqual([])
  })

  it('finishes what is under way when it leaves', async () => {
    const balancer = scene.balancer()
    const [first] = await scene.register(2)
    const leases = await take(balancer, 2)
    await first?.close()
    expect(await scene.load(1)).toBe('1')
    expect((await balancer.replicas()).map(({ url }) => url)).toEqual([urlOf(2)])
    await releaseAll(leases)
    await eventually(async () => (await redis.exists(`{balancer:${POOL}}:leases:${urlOf(1)}`)) === 0)
    expect(await scene.load(1)).toBe('0')
    await eventually(async () => (await redis.zscore(`{balancer:${POOL}}:replicas`, urlOf(1))) === null)
  })

  it('that was killed leaves within its time', async () => {
    const balancer = scene.balancer()
    const other = await startOther(server.url, scene.closer)
    await other.ask({ register: urlOf(1), ttl: 4_000 })
    expect(await balancer.replicas()).toHaveLength(1)
    other.kill('SIGKILL')
    await other.exited
    await eventually(async () => (await balancer.replicas()).length === 0)
    await expect(balancer.acquire({ signal: AbortSignal.timeout(10_000) })).rejects.toMatchObject(NONE)
  })

  it('that hangs is given up by those who wait for it, as long as there are others', async () => {
    const other = await startOther(server.url, scene.closer)
    await other.ask({ register: urlOf(2), ttl: 4_000 })
    const balancer = scene.balancer()
    const [only] = await take(balancer, 1)
    expect(only?.url).toBe(urlOf(2))
    await scene.register(1)
    const lease = await balancer.acquire({ avoid: [urlOf(2)] })
    other.kill('SIGSTOP')
    if (!only?.gone?.aborted) await once(only?.gone as AbortSignal, 'abort')
    expect(lease.gone?.aborted).toBe(false)
    await releaseAll([lease])
    await only?.release({ kind: 'failed' })
    await eventually(async () => ['0', null].includes(await scene.load(2)))
  })

  it('is back after a flush', async () => {
    const balancer = scene.balancer()
    await scene.register(3)
    await redis.flushall()
    await eventually(async () => (await balancer.replicas()).length === 3)
  })

  it('registers when Redis comes up after it, and again after an outage', async () => {
    await server.kill()
    const registration = scene.closer.add(
      createRegistration({ redis, pool: POOL, url: `${urlOf(1)}/`, log: silent }),
      (each) => each.close(),
    )
    await server.start()
    await registration.registered
    const balancer = scene.balancer()
    await (await balancer.acquire()).release(OK)
    await server.kill()
    await server.start()
    await eventually(async () => (await balancer.replicas()).length === 1)
  })

  it('must have an address that can be called', () => {
    const register = (url: string) => () => createRegistration({ redis, pool: POOL, url, log: silent })
    for (const url of ['127.0.0.1:8001', 'ftp://there', 'http://me:secret@there', 'http://there/?a=b', '']) {
      expect(register(url)).toThrow(expect.objectContaining({ code: 'BALANCER_URL_INVALID' }))
    }
  })
})

describe('replicas given by hand', () => {
  it('are the only ones, need not register, and have loads too', async () => {
    await scene.register(1)
    const balancer = scene.balancer({ urls: [`${urlOf(7)}/`, urlOf(8), urlOf(8)] })
    const leases = await take(balancer, 4)
    expect(leases.map(({ url }) => url).toSorted()).toEqual([7, 7, 8, 8].map(urlOf))
    expect((await balancer.replicas()).map(({ url }) => url)).toEqual([urlOf(7), urlOf(8)])
    await releaseAll(leases)
    expect(await scene.load(7)).toBe('0')
  })
})

describe('metrics', () => {
  it('show the load of each replica', async () => {
    await scene.register(2)
    const balancer = scene.balancer({ urls: [urlOf(1)] })
    const leases = await take(balancer, 3)
    const metrics = createMetrics()
    exposeReplicas(metrics, balancer)
    expect(await metrics.text()).toContain(`api_gateway_replica_load{replica="${urlOf(1)}"} 3`)
    expect(await metrics.text()).toContain(`api_gateway_replica_breaker_state{replica="${urlOf(1)}"} 0`)
    await releaseAll(leases)
    expect(await metrics.text()).toContain(`api_gateway_replica_load{replica="${urlOf(1)}"} 0`)
  })
})
