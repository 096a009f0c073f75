import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import type { ChatJob } from '../../../src/runtime/chat/messages.ts'
import { createPools, type Pools } from '../../../src/runtime/chat/pools.ts'
import { type ChatQueues, createChatQueues } from '../../../src/runtime/chat/queues.ts'
import { createCloser } from '../../../src/runtime/kernel/index.ts'
import { openQueueWorker } from '../../../src/runtime/platform/queue/index.ts'
import type { RedisClient } from '../../../src/runtime/platform/redis/index.ts'
import { silent, startTestRedis, type TestRedis } from '../../support/redis.ts'

let server: TestRedis
let redis: RedisClient
let pools: Pools
let queues: ChatQueues
const closer = createCloser()

beforeAll(async () => {
  server = await startTestRedis()
  closer.add(server, () => server.close())
  redis = server.connect()
  pools = createPools(redis)
  queues = createChatQueues({ redis, pools, log: silent })
  closer.add(queues, () => queues.close())
})
afterAll(() => closer.close())
beforeEach(() => redis.flushall())

const job = (feature: string, run: string): ChatJob => ({ feature_id: feature, chat_id: 'c', run, input: {} })
const waiting = (queue: string) => redis.lrange(`{chat}:${queue}:wait`, 0, -1)

describe('the queues of chats', () => {
  it('hold a job once, however often it is added', async () => {
    await Promise.all(Array.from({ length: 20 }, () => queues.add(job('f', 'r1'))))
    await queues.add(job('f', 'r2'))
    expect((await waiting('default')).toSorted()).toEqual(['r1', 'r2'])
  })

  it('keep what the job carries', async () => {
    await queues.add({ ...job('f', 'r1'), input: { prompt: 'ä"\n' } })
    expect(JSON.parse((await redis.hget('{chat}:default:r1', 'data')) ?? '')).toEqual({
      feature_id: 'f',
      chat_id: 'c',
      run: 'r1',
      input: { prompt: 'ä"\n' },
    })
  })

  it('give a job to the workers of its feature while any lives', async () => {
    await pools.announce('f', 'w')
    await queues.add(job('f', 'r1'))
    await queues.add(job('g', 'r2'))
    expect(await waiting('feature-f')).toEqual(['r1'])
    expect(await waiting('default')).toEqual(['r2'])
  })

  it('find a job whichever pool has it', async () => {
    await queues.add(job('f', 'r1'))
    await pools.announce('f', 'w')
    await queues.add(job('f', 'r2'))
    expect(await queues.state('f', 'r1')).toEqual({ state: 'waiting', pool: 'default' })
    expect(await queues.state('f', 'r2')).toEqual({ state: 'waiting', pool: 'f' })
    expect(await queues.state('f', 'r3')).toEqual({ state: 'unknown', pool: 'default' })
  })

  it('remove a job whichever pool has it', async () => {
    await pools.announce('f', 'w')
    await queues.add(job('f', 'r1'))
    await queues.remove('f', 'r1')
    await queues.remove('f', 'never there')
    expect(await queues.state('f', 'r1')).toMatchObject({ state: 'unknown' })
  })

  it('take features of any name', async () => {
    for (const feature of ['a}b', '{x}', '名前', 'a b', '*', 'default']) {
      await pools.announce(feature, 'w')
      await queues.add(job(feature, 'r'))
      expect(await queues.state(feature, 'r'), feature).toEqual({ state: 'waiting', pool: feature })
    }
  })
})

describe('jobs whose own workers are all gone', () => {
  it('go to the default pool, each once', async () => {
    await pools.announce('f', 'w')
    for (const run of ['r1', 'r2', 'r3']) await queues.add(job('f', run))
    await pools.leave('f', 'w')
    expect(await queues.adoptOrphans()).toBe(3)
    expect((await waiting('default')).toSorted()).toEqual(['r1', 'r2', 'r3'])
    expect(await waiting('feature-f')).toEqual([])
    expect(await queues.adoptOrphans()).toBe(0)
  })

  it('stay while one of the workers lives', async () => {
    await pools.announce('f', 'w')
    await queues.add(job('f', 'r1'))
    expect(await queues.adoptOrphans()).toBe(0)
    expect(await waiting('feature-f')).toEqual(['r1'])
  })

  it('are taken over once even when several workers look at the same time', async () => {
    await pools.announce('f', 'w')
    for (let i = 0; i < 20; i++) await queues.add(job('f', `r${i}`))
    await pools.leave('f', 'w')
    await Promise.all([queues.adoptOrphans(), queues.adoptOrphans(), queues.adoptOrphans()])
    expect(await waiting('default')).toHaveLength(20)
    expect(new Set(await waiting('default')).size).toBe(20)
  })
})

describe('the queues of very many features', () => {
  it('leave no listeners behind on the connection they share', async () => {
    const before = redis.listenerCount('error')
    const many = createChatQueues({ redis, pools, log: silent })
    for (let i = 0; i < 1_100; i++) await many.state(`feature-${i}`, 'r')
    expect(redis.listenerCount('error') - before).toBeLessThanOrEqual(1_002)
    await many.close()
    await expect.poll(() => redis.listenerCount('error'), { timeout: 10_000 }).toBe(before)
  })
})

describe('a job whose worker is draining', () => {
  it('stays with that worker, although its pool has been left', async () => {
    await pools.announce('f', 'w')
    await queues.add(job('f', 'r1'))
    const { promise: finished, resolve: finish } = Promise.withResolvers<void>()
    const begun = Promise.withResolvers<void>()
    const worker = openQueueWorker<ChatJob>('feature-f', {
      redis,
      prefix: '{chat}',
      name: 'w',
      concurrency: 1,
      lockDuration: 10_000,
      maxCrashes: 1,
      log: silent,
      process() {
        begun.resolve()
        return finished
      },
      onFailed() {},
    })
    await begun.promise
    await pools.leave('f', 'w')
    expect(await queues.adoptOrphans()).toBe(0)
    expect(await waiting('default')).toEqual([])
    finish()
    await worker.drain()
  })
})
