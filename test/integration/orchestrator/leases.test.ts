import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import type { Lock } from '../../../src/runtime/orchestrator/election/lock.ts'
import { createRedisLock } from '../../../src/runtime/orchestrator/election/redis-lock.ts'
import { createLease } from '../../../src/runtime/platform/kubernetes/index.ts'
import { type ClusterScene, startClusterScene } from '../../support/orchestrator.ts'
import { startTestRedis, type TestRedis } from '../../support/redis.ts'

const DURATION = 2_000

interface Subject {
  lockOf(name: string): Promise<Lock>
  /** Lets so much time pass, as far as the lock can tell. */
  pass(ms: number): Promise<void>
  /** Takes away all that it knows. */
  forget(): Promise<void>
  close(): Promise<void>
}

async function redis(): Promise<Subject> {
  const server: TestRedis = await startTestRedis()
  const client = server.connect('request')
  return {
    lockOf: async (name) => createRedisLock(client, name, DURATION),
    async pass(ms) {
      const left = await client.pttl('{orchestrator}:leader')
      await client.pexpire('{orchestrator}:leader', left - ms)
    },
    async forget() {
      await client.flushall()
    },
    close: () => server.close(),
  }
}

async function kubernetes(): Promise<Subject> {
  const scene: ClusterScene = await startClusterScene()
  const leases = scene.api.collection('coordination.k8s.io/v1', 'leases')
  let time = 0
  return {
    async lockOf(identity) {
      const cluster = await scene.connect()
      return createLease({ cluster, name: 'leader', identity, duration: DURATION, now: () => time })
    },
    async pass(ms) {
      time += ms
    },
    async forget() {
      if (scene.api.store.get(leases, 'leader')) scene.api.store.remove(leases, 'leader')
    },
    close: () => scene.close(),
  }
}

describe.each([
  ['Redis', redis],
  ['a lease of Kubernetes', kubernetes],
])('a lock in %s', (_, open) => {
  let subject: Subject
  beforeAll(async () => {
    subject = await open()
  })
  afterAll(() => subject.close())
  beforeEach(() => subject.forget())

  it('has one holder, who may renew it as often as it likes', async () => {
    const [a, b] = [await subject.lockOf('a'), await subject.lockOf('b')]
    const fence = await a.hold()
    expect(fence).toBeGreaterThan(0)
    expect(await b.hold()).toBeUndefined()
    await subject.pass(DURATION - 500)
    expect(await a.hold()).toBe(fence)
    expect(await b.hold()).toBeUndefined()
    await subject.pass(DURATION - 500)
    expect(await b.hold()).toBeUndefined()
  })

  it('goes to another when it was not renewed, with a greater number', async () => {
    const [a, b] = [await subject.lockOf('a'), await subject.lockOf('b')]
    const first = Number(await a.hold())
    expect(await b.hold()).toBeUndefined()
    await subject.pass(DURATION)
    expect(await b.hold()).toBeGreaterThan(first)
    expect(await a.hold()).toBeUndefined()
  })

  it('goes to another at once when it is given up, and only by its holder', async () => {
    const [a, b] = [await subject.lockOf('a'), await subject.lockOf('b')]
    const first = Number(await a.hold())
    await b.release()
    expect(await b.hold()).toBeUndefined()
    await a.release()
    expect(await b.hold()).toBeGreaterThan(first)
  })

  it('has one winner when many want it', async () => {
    const all = await Promise.all(['a', 'b', 'c', 'd', 'e'].map((name) => subject.lockOf(name)))
    const won = (await Promise.all(all.map((lock) => lock.hold()))).filter((fence) => fence !== undefined)
    expect(won).toHaveLength(1)
  })
})

describe('a lock in Redis that has lost its data', () => {
  let server: TestRedis
  beforeAll(async () => {
    server = await startTestRedis()
  })
  afterAll(() => server.close())

  it('goes on with greater numbers', async () => {
    const client = server.connect('request')
    const first = Number(await createRedisLock(client, 'a', DURATION).hold())
    await client.flushall()
    expect(await createRedisLock(client, 'b', DURATION).hold()).toBeGreaterThan(first)
  })
})

describe('a lease of Kubernetes', () => {
  let scene: ClusterScene
  beforeEach(async () => {
    scene = await startClusterScene()
  })
  afterEach(() => scene.close())

  it('is not renewed over the change of another: the API refuses the version', async () => {
    const leases = scene.api.collection('coordination.k8s.io/v1', 'leases')
    const lock = createLease({
      cluster: await scene.connect(),
      name: 'leader',
      identity: 'a',
      duration: DURATION,
    })
    await lock.hold()
    scene.api.fail((method) => method === 'PUT', 409, 1)
    expect(await lock.hold()).toBeUndefined()
    expect(await lock.hold()).toBe(1)
    expect(scene.api.store.get(leases, 'leader')?.spec).toMatchObject({
      holderIdentity: 'a',
      leaseTransitions: 1,
    })
  })

  it('says that the API is away, or that it may not', async () => {
    const cluster = await scene.connect()
    const lock = createLease({ cluster, name: 'leader', identity: 'a', duration: DURATION })
    scene.api.fail(() => true, 403)
    await expect(lock.hold()).rejects.toMatchObject({ code: 'KUBERNETES_REFUSED' })
    await scene.api.close()
    await expect(lock.hold()).rejects.toMatchObject({ code: 'KUBERNETES_UNREACHABLE' })
    scene = await startClusterScene()
  })
})
