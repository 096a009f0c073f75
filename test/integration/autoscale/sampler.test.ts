import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { createSampler } from '../../../src/runtime/autoscale/sampler.ts'
import { type Workload, type WorkOptions, workloadOf } from '../../../src/runtime/autoscale/workloads.ts'
import { EVENT_TYPES, STORAGE_GROUP } from '../../../src/runtime/evaluation/index.ts'
import { createCloser } from '../../../src/runtime/kernel/index.ts'
import { type Part, parts } from '../../../src/runtime/parts.ts'
import { openBatchQueue, openQueue, openQueueWorker } from '../../../src/runtime/platform/queue/index.ts'
import type { RedisClient } from '../../../src/runtime/platform/redis/index.ts'
import { silent, startTestRedis, type TestRedis } from '../../support/redis.ts'

const OPTIONS: WorkOptions = {
  feature: 'default',
  concurrency: 10,
  group: 'agent-group',
  stageConcurrency: 64,
  evalConcurrency: 4,
  batch: 500,
}
/** An hour after everything here is made, so that how long something has waited has a known size. */
const LATER = Date.now() + 3_600_000
const AN_HOUR = { least: 3_500_000, most: 3_700_000 }

let server: TestRedis
let redis: RedisClient
let closer: ReturnType<typeof createCloser>

beforeAll(async () => {
  server = await startTestRedis()
  redis = server.connect('request')
})
afterAll(() => server.close())
beforeEach(async () => {
  await redis.flushall()
  closer = createCloser()
})
afterEach(() => closer.close())

function workloadFor(name: string, options: Partial<WorkOptions> = {}): Workload {
  const part = parts.find((one) => one.name === name) as Part
  return workloadOf(part, { ...OPTIONS, ...options }) as Workload
}

/** Where an hour is waited, `hour` stands for it. */
async function look(workload: Workload, sampler = createSampler(redis, () => LATER)) {
  const sample = await sampler.look(workload)
  if ('unknown' in sample) throw new Error(sample.unknown)
  return sample.lanes.map(({ name, waiting, active, oldest_ms: oldest }) => {
    const hour = oldest !== null && oldest > AN_HOUR.least && oldest < AN_HOUR.most
    return [name, waiting, active, hour ? 'hour' : oldest]
  })
}

function jobs(prefix: string, name: string) {
  return closer.add(
    openQueue<{ n: number }>(name, {
      ...{ redis, prefix, log: silent, keepSeconds: 60 },
      retry: { attempts: 3, backoff: 10 },
    }),
    (queue) => queue.close(),
  )
}

describe('the work of workers', () => {
  it('is the chats that wait and that are under way, with how long the oldest has waited', async () => {
    const worker = server.connect()
    const queue = jobs('{chat}', 'default')
    expect(await look(workloadFor('worker'))).toEqual([['chat', 0, 0, null]])
    for (let n = 0; n < 5; n++) await queue.add(`job-${n}`, { n })
    expect(await look(workloadFor('worker'))).toEqual([['chat', 5, 0, 'hour']])
    const gate = Promise.withResolvers<void>()
    const holding = openQueueWorker<{ n: number }>('default', {
      ...{ redis: worker, prefix: '{chat}', name: 'w', concurrency: 2, log: silent },
      ...{ lockDuration: 30_000, maxCrashes: 3, onFailed: () => {}, process: () => gate.promise },
    })
    closer.add(holding, () => {
      gate.resolve()
      return holding.drain()
    })
    await expect
      .poll(() => look(workloadFor('worker')), { timeout: 30_000 })
      .toEqual([['chat', 3, 2, 'hour']])
  })

  it('is that of their feature, once its queue is known', async () => {
    const workload = workloadFor('worker', { feature: 'vip' })
    const sampler = createSampler(redis, () => LATER)
    expect(await sampler.look(workload)).toEqual({ unknown: 'there is no queue chat vip yet' })
    await redis.sadd('chat:pools', 'vip')
    await jobs('{chat}', 'feature-vip').add('job', { n: 1 })
    expect(await look(workload, sampler)).toEqual([['chat vip', 1, 0, 'hour']])
  })

  it('is what a group has not read, and what it has not finished, with --subscribe', async () => {
    const workload = workloadFor('worker', { subscribe: 'task.created,task.done' })
    const none = [
      ['agent:stream:task.created', 0, 0, null],
      ['agent:stream:task.done', 0, 0, null],
    ]
    expect(await look(workload)).toEqual(none)
    const stream = 'agent:stream:task.created'
    await redis.xgroup('CREATE', stream, 'agent-group', '0', 'MKSTREAM')
    for (let n = 0; n < 6; n++) await redis.xadd(stream, '*', 'event_id', `e-${n}`, 'data', '{}')
    const read = await redis.xreadgroup('GROUP', 'agent-group', 'c1', 'COUNT', 3, 'STREAMS', stream, '>')
    expect(await look(workload)).toEqual([[stream, 3, 3, 'hour'], none[1]])
    // One has failed and waits for its time: nobody could do anything about it now.
    const [, [[failed] = []] = []] = (read as [string, [string, string[]][]][])[0] ?? []
    await redis.zadd(`{${stream}}:retries:agent-group`, LATER, failed as string)
    expect(await look(workload)).toEqual([[stream, 3, 2, 'hour'], none[1]])
  })
})

describe('the work of stages', () => {
  it('is that of each of their queues', async () => {
    await openBatchQueue(redis, 'job', 'retriever_in').add('rag.1', {})
    await openBatchQueue(redis, 'job', 'documents_in').add('rag.2', {})
    expect(await look(workloadFor('rag'))).toEqual([
      ['encoder', 0, 0, null],
      ['documents', 1, 0, 'hour'],
      ['retriever', 1, 0, 'hour'],
      ['generator', 0, 0, null],
    ])
    expect((await look(workloadFor('retriever'))).map(([name]) => name)).toEqual(['retriever'])
  })

  it('is evaluations with their priorities', async () => {
    const queue = jobs('{eval}', 'evaluations')
    await queue.add('a', { n: 1 }, { priority: 2 })
    await queue.add('b', { n: 1 }, { priority: 1 })
    expect(await look(workloadFor('eval'))).toEqual([['eval', 2, 0, 'hour']])
  })
})

describe('the work of storage', () => {
  it('is what its group has not read, in each of its streams', async () => {
    const stream = `agent:stream:${EVENT_TYPES[0]}`
    await redis.xgroup('CREATE', stream, STORAGE_GROUP, '0', 'MKSTREAM')
    await redis.xadd(stream, '*', 'event_id', 'e', 'data', '{}')
    const lanes = await look(workloadFor('storage'))
    expect(lanes).toHaveLength(EVENT_TYPES.length)
    expect(lanes[0]).toEqual([stream, 1, 0, 'hour'])
  })
})

describe('a look', () => {
  it('changes nothing in Redis', async () => {
    await jobs('{chat}', 'default').add('job', { n: 1 })
    const before = await redis.info('keyspace')
    for (const name of ['worker', 'rag', 'eval', 'storage']) await look(workloadFor(name))
    expect(await redis.info('keyspace')).toBe(before)
  })

  it('says why it cannot know while Redis is away, and knows again when it is back', async () => {
    const workload = workloadFor('worker')
    const sampler = createSampler(redis, () => LATER)
    await server.kill()
    expect(await sampler.look(workload)).toEqual({
      unknown: expect.stringMatching(/Redis is away|longer than/),
    })
    await server.start()
    await expect
      .poll(() => sampler.look(workload), { timeout: 30_000 })
      .toEqual({ lanes: [{ name: 'chat', waiting: 0, active: 0, oldest_ms: null }] })
  })

  it('does not take what is no queue for one', async () => {
    await redis.set('{chat}:default:wait', 'a string')
    const sample = await createSampler(redis, () => LATER).look(workloadFor('worker'))
    expect(sample).toEqual({ unknown: expect.stringContaining('WRONGTYPE') })
  })
})
