import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { connectRedis, disconnectRedis, type RedisClient } from '../../../src/runtime/platform/redis/index.ts'
import { eventually } from '../../support/program.ts'
import { silent } from '../../support/redis.ts'
import { startCluster, type Topology } from '../../support/topologies.ts'
import { FAILED, OK, openScene, releaseAll, type Scene, startOther, take, urlOf } from './scene.ts'

let cluster: Topology
let redis: RedisClient
let scene: Scene

beforeAll(async () => {
  cluster = await startCluster()
  redis = connectRedis({ url: cluster.url, purpose: 'worker', name: 'test', log: silent })
})
afterAll(async () => {
  await disconnectRedis(redis)
  await cluster.close()
})
beforeEach(() => {
  scene = openScene(redis)
})
afterEach(() => scene.closer.close())

const loads = () => Promise.all([1, 2, 3].map((n) => scene.load(n)))
const eventuallyLoads = (expected: string[]) =>
  eventually(
    async () => (await loads()).join() === expected.join(),
    20_000,
    () => `not ${expected}`,
  )

describe('on a cluster', () => {
  it('leases are taken and given back, and the loads follow', async () => {
    await scene.register(3)
    const balancer = scene.balancer({ policy: 'learned', random: () => 0.5 })
    const leases = await take(balancer, 6)
    await eventuallyLoads(['2', '2', '2'])
    await releaseAll(leases)
    await eventuallyLoads(['0', '0', '0'])
  })

  it('loads that are wrong are put right', async () => {
    await scene.register(3)
    scene.balancer()
    await redis.set(`llm:load:${urlOf(2)}`, 7)
    await eventuallyLoads(['0', '0', '0'])
  })

  it('leases of a client that was killed run out', async () => {
    await scene.register(3)
    const other = await startOther(cluster.url, scene.closer)
    await other.ask({ take: 3, leaseTtl: 1_500 })
    await eventuallyLoads(['1', '1', '1'])
    other.kill('SIGKILL')
    await other.exited
    await eventuallyLoads(['0', '0', '0'])
  })

  it('a replica that fails is out', async () => {
    await scene.register(1)
    const balancer = scene.balancer({ urls: [urlOf(1)], breaker: { pause: 60_000 } })
    for (let i = 0; i < 5; i++) await (await balancer.acquire()).release(FAILED)
    await expect(balancer.acquire()).rejects.toMatchObject({ code: 'BALANCER_NO_REPLICA' })
    expect(await balancer.replicas()).toMatchObject([{ health: 'open' }])
    await scene.closer.close()
    scene = openScene(redis)
    await scene.register(1)
    await (await scene.balancer({ urls: [urlOf(1)] }).acquire()).release(OK)
  })
})
