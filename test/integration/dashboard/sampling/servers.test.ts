import { Redis } from 'ioredis'
import { describe, expect, it } from 'vitest'
import { createRegistration } from '../../../../src/runtime/balancer/index.ts'
import { deadLetterKey, EVENT_TYPES, streamKey } from '../../../../src/runtime/bus/index.ts'
import { openBatchQueue, openQueue } from '../../../../src/runtime/platform/queue/index.ts'
import {
  connectRedis,
  disconnectRedis,
  type RedisClient,
  waitForRedis,
} from '../../../../src/runtime/platform/redis/index.ts'
import { eventually } from '../../../support/program.ts'
import { silent, startTestRedis } from '../../../support/redis.ts'
import {
  createSamplingScene,
  groupIn,
  openSampler,
  sampleUntil,
  streamIn,
} from '../../../support/sampling.ts'
import { startCluster, startFailoverSentinel, startReplicatedCluster } from '../../../support/topologies.ts'

const scene = createSamplingScene()

async function connected(url: string, work: (redis: RedisClient) => Promise<void>): Promise<void> {
  const redis = connectRedis({ url, purpose: 'request', name: 'sampling', log: silent })
  try {
    await waitForRedis(redis, url, 20_000)
    await work(redis)
  } finally {
    await disconnectRedis(redis)
  }
}

describe('the server', () => {
  it('is told with what it is and does', async () => {
    const { redis, sampler, pass } = scene
    await redis.set('a', 1)
    const first = await sampler.sample()
    expect(first.redis).toMatchObject({
      ...{ mode: 'standalone', memory_limit: null, keys: 1, cpu: null, eviction: 'noeviction', evicted: 0 },
      aof: false,
    })
    expect(first.redis.version).toMatch(/^\d+\.\d+\.\d+$/)
    expect(first.redis.memory).toBeGreaterThan(100_000)
    expect(first.redis.clients).toBeGreaterThanOrEqual(2)
    pass(1)
    const second = await sampler.sample()
    expect(second.redis.cpu).toBeGreaterThanOrEqual(0)
  })

  it('is known to have another clock, either way', async () => {
    const { server } = scene
    const told = async (difference: number) => {
      const sampler = openSampler(server.connect('request'), { now: () => Date.now() + difference })
      const { unknown } = await sampler.sample()
      return unknown.map(({ what }) => what)
    }
    expect(await told(0)).toEqual([])
    expect(await told(180_000)).toEqual([
      expect.stringMatching(/^How old .* Redis is 3 minutes behind this machine's$/),
    ])
    expect(await told(-180_000)).toEqual([expect.stringMatching(/^How old .* Redis is 3 minutes ahead of/)])
  })

  it('that is away makes a sample fail with the code of that, and the next one after it is back goes on', async () => {
    const server = await startTestRedis(false)
    const redis = server.connect('request')
    const sampler = openSampler(redis)
    try {
      await redis.xadd('a', '*', 'n', 1)
      await redis.call('CONFIG', 'SET', 'appendfsync', 'always')
      await redis.xadd('b', '*', 'n', 1)
      expect((await sampler.sample()).streams).toHaveLength(2)
      await server.kill()
      await expect(sampler.sample()).rejects.toMatchObject({ code: 'REDIS_UNREACHABLE' })
      await server.start()
      await waitForRedis(redis, server.url, 20_000)
      const back = await sampler.sample()
      expect(back.streams.map(({ stream }) => stream)).toEqual(['a', 'b'])
      // It was started anew: what it has used before is not known.
      expect(back.redis.cpu).toBeNull()
      await redis.flushall()
      expect((await sampler.sample()).streams).toEqual([])
      await redis.xadd(streamKey('c'), '*', 'n', 1)
      await redis.sadd(EVENT_TYPES, 'c')
      expect((await sampler.sample()).streams.map(({ stream }) => stream)).toEqual([streamKey('c')])
    } finally {
      await server.close()
    }
  })
})

describe('a user with few rights', () => {
  async function refusals(): Promise<number> {
    const log = (await scene.redis.call('ACL', 'LOG')) as unknown[][]
    return log.reduce((sum, [, count]) => sum + Number(count), 0)
  }

  it('sees what it may, and is told what it may not, and how to change that', async () => {
    const { redis, server } = scene
    await redis.xadd('stream:open:1', '*', 'n', 1)
    await redis.xadd('secret', '*', 'n', 1)
    await redis.xgroup('CREATE', 'stream:open:1', 'g', '0')
    const rights = [
      '~stream:*',
      '~agent:*',
      '+ping',
      '+scan',
      '+xlen',
      '+xinfo|groups',
      '+scard',
      '+client|setname',
    ]
    await redis.call('ACL', 'SETUSER', 'viewer', 'on', '>pass', 'resetkeys', '-@all', ...rights)
    const { port } = new URL(server.url)
    const own = new Redis(Number(port), { username: 'viewer', password: 'pass', enableReadyCheck: false })
    const sampler = openSampler(own)
    try {
      await sampler.sample()
      const sample = await sampler.sample()
      expect(streamIn(sample, 'stream:open:1')).toMatchObject({ length: 1, in_rate: null, last_id: null })
      expect(groupIn(sample, 'stream:open:1')).toMatchObject({ lag: 1, alive: 0 })
      expect(streamIn(sample, 'secret')).toBeUndefined()
      expect(sample.redis).toMatchObject({ version: 'unknown', memory: 0 })
      expect([sample.queues, sample.pools]).toEqual([[], []])
      const told = Object.fromEntries(sample.unknown.map(({ what, fix }) => [what, fix]))
      expect(told).toMatchObject({
        'How the server is: this user of Redis may not run INFO': 'Allow it with `ACL SETUSER NAME +info`.',
        'Rates and newest entries of streams: this user of Redis may not run XINFO STREAM':
          'Allow it with `ACL SETUSER NAME +xinfo|stream`.',
        'Loads of replicas: this user of Redis may not run EVALSHA':
          'Allow it with `ACL SETUSER NAME +evalsha`.',
        '1 stream that this user of Redis may not read': 'Allow it with `ACL SETUSER NAME %R~PATTERN`.',
      })
      await redis.del('stream:open:1')
      expect((await sampler.sample()).streams).toEqual([])
      // Each refusal stands in the server's log: what was refused is not asked again in each sample.
      const refused = await refusals()
      for (let i = 0; i < 5; i++) await sampler.sample()
      expect(await refusals()).toBe(refused)
    } finally {
      own.disconnect()
      await redis.call('ACL', 'DELUSER', 'viewer')
    }
  })
})

describe('queues and pools', () => {
  it('are told with what waits', async () => {
    const { redis, sampler } = scene
    const batch = openBatchQueue<{ n: number }>(redis, 'job', 'encoder_in')
    for (const id of ['1', '2', '3']) await batch.add(id, { n: 1 })
    const retry = { attempts: 1, backoff: 1 }
    const queue = openQueue<{ n: number }>('feature-x', {
      redis,
      prefix: '{chat}',
      retry,
      keepSeconds: 0,
      log: silent,
    })
    await redis.sadd('chat:pools', 'x')
    await queue.add('a', { n: 1 })
    await queue.add('b', { n: 1 }, { priority: 2 })
    await queue.close()
    const { queues } = await sampler.sample()
    expect(queues.map(({ name }) => name)).toEqual([
      ...['chat', 'chat x', 'encoder', 'retriever', 'generator', 'documents', 'eval'],
    ])
    expect(queues.find(({ name }) => name === 'encoder')).toMatchObject({ key: 'job:encoder_in', waiting: 3 })
    expect(queues.find(({ name }) => name === 'chat x')).toMatchObject({
      waiting: 2,
      active: 0,
      history: [2],
    })
  })

  it('are told with the replicas that have registered', async () => {
    const { redis, sampler } = scene
    const url = 'http://127.0.0.1:8001'
    const registration = createRegistration({ redis, pool: 'llm', url, log: silent })
    try {
      await eventually(async () => (await sampler.sample()).pools.length === 1)
      await redis.hset(`{balancer:llm}:state:${url}`, 'out', Date.now() + 60_000)
      await redis.zadd(`{balancer:llm}:leases:${url}`, Date.now() + 60_000, 'lease')
      const [replica] = (await sampler.sample()).pools
      expect(replica).toMatchObject({ url, pool: 'llm', load: 1, breaker: 'open' })
      expect(replica?.history.at(-1)).toBe(1)
    } finally {
      await registration.close()
    }
  })
})

describe('several servers', () => {
  it('of a cluster are all looked at', async () => {
    const cluster = await startCluster()
    try {
      await connected(cluster.url, async (redis) => {
        const keys = Array.from({ length: 40 }, (_, i) => `stream:test:${i}`)
        for (const key of keys) await redis.xadd(key, '*', 'n', 1)
        await redis.xgroup('CREATE', 'stream:test:1', 'g', '0')
        await redis.xreadgroup('GROUP', 'g', 'c', 'COUNT', 1, 'STREAMS', 'stream:test:1', '>')
        await redis.sadd(EVENT_TYPES, 'a.b')
        await redis.xadd(deadLetterKey('a.b', true), '*', 'n', 1)
        const sampler = openSampler(redis)
        const sample = await sampler.sample()
        expect(sample.redis).toMatchObject({ mode: 'cluster', keys: 42 })
        expect(sample.streams.filter(({ kind }) => kind === 'chat')).toHaveLength(40)
        expect(groupIn(sample, 'stream:test:1')).toMatchObject({ pending: 1, alive: 1, lag: 0 })
        expect(sample.dead_letters).toEqual([expect.objectContaining({ type: 'a.b', count: 1 })])
        expect(sample.discovery).toMatchObject({ streams: 41, scanned: 42, keys: 42, complete: true })
        expect([sample.unknown, sample.queues.length]).toEqual([[], 6])
      })
    } finally {
      await cluster.close()
    }
  })

  it('of a cluster of which one fails are looked at as far as they answer, and wholly after its replica has taken over', async () => {
    const cluster = await startReplicatedCluster('stream:test:1')
    try {
      await connected(cluster.url, async (redis) => {
        for (let i = 0; i < 40; i++) await redis.xadd(`stream:test:${i}`, '*', 'n', 1)
        const sampler = openSampler(redis)
        expect((await sampler.sample()).streams).toHaveLength(40)
        await cluster.primary.kill()
        await eventually(async () => {
          await redis.xadd('stream:test:1', '*', 'n', 2).catch(() => {})
          const sample = await sampler.sample().catch(() => undefined)
          return (
            sample?.streams.some(({ stream, length }) => stream === 'stream:test:1' && length > 1) === true
          )
        }, 40_000)
        const sample = await sampleUntil(sampler, ({ unknown }) => unknown.length === 0)
        expect(sample.streams).toHaveLength(40)
      })
    } finally {
      await cluster.close()
    }
  })

  it('with Sentinel are the one that is the master now', async () => {
    const sentinel = await startFailoverSentinel()
    try {
      await connected(sentinel.url, async (redis) => {
        await redis.xadd('a', '*', 'n', 1)
        await redis.wait(2, 5_000)
        const sampler = openSampler(redis)
        const sample = await sampler.sample()
        expect(sample.redis.mode).toBe('sentinel')
        expect(streamIn(sample, 'a')?.length).toBe(1)
        await sentinel.primary.kill()
        await eventually(async () => {
          await redis.xadd('a', '*', 'n', 2).catch(() => {})
          const later = await sampler.sample().catch(() => undefined)
          return later?.streams.some(({ stream, length }) => stream === 'a' && length >= 2) === true
        }, 40_000)
      })
    } finally {
      await sentinel.close()
    }
  })
})
