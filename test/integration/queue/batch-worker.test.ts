import { Queue, Worker } from 'bullmq'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { createCloser, FatalError } from '../../../src/runtime/kernel/index.ts'
import {
  type BatchJob,
  type BatchWorker,
  openBatchQueue,
  openBatchWorker,
  type ServedQueue,
} from '../../../src/runtime/platform/queue/index.ts'
import type { RedisClient } from '../../../src/runtime/platform/redis/index.ts'
import { gate, notes } from '../../support/bus.ts'
import { eventually } from '../../support/program.ts'
import { silent, startTestRedis, type TestRedis } from '../../support/redis.ts'

interface Work {
  n: number
}

let server: TestRedis
let redis: RedisClient
let closer = createCloser()

beforeAll(async () => {
  server = await startTestRedis()
  redis = server.connect()
})
afterAll(() => server.close())
beforeEach(async () => {
  closer = createCloser()
  await redis.flushall()
})
afterEach(() => closer.close())

const first = () => openBatchQueue<Work>(redis, 'job', 'first')
/** Longer than a busy machine may leave this process or Redis without a turn: a job whose lock runs out is done once more. */
const LOCK = 10_000

function serve(
  queues: (Partial<ServedQueue<Work>> & Pick<ServedQueue<Work>, 'name' | 'process'>)[],
  options: { redis?: RedisClient; maxCrashes?: number; lockDuration?: number } = {},
): BatchWorker {
  const full = queues.map((queue) => ({ concurrency: 10, attempts: 3, async onFailed() {}, ...queue }))
  const worker = openBatchWorker({
    redis: options.redis ?? redis,
    prefix: 'job',
    queues: full as unknown as ServedQueue[],
    lockDuration: options.lockDuration ?? LOCK,
    maxCrashes: options.maxCrashes ?? 3,
    backoff: 1,
    log: silent,
  })
  return closer.add(worker, async () => {
    worker.abort()
    await worker.drain()
  })
}

/** Everything of the queues that is left in Redis, but what is kept for the next look. */
async function leftovers(): Promise<string[]> {
  const keys = await redis.keys('job:*')
  return keys.filter((key) => !/:(marker|stalled-check|meta)$/.test(key))
}

/** Resolves once the lock of a job of the first queue has been renewed. */
async function renewed(id: string): Promise<void> {
  let left = await redis.pttl(`job:first:${id}:lock`)
  await eventually(async () => {
    const before = left
    left = await redis.pttl(`job:first:${id}:lock`)
    return left > before
  })
}

describe('jobs', () => {
  it('go from queue to queue with what each stage makes of them, and leave nothing behind', async () => {
    const ends = notes<[string, Work]>()
    serve([
      { name: 'first', process: async ({ data }) => ({ to: 'second', data: { n: data.n + 1 } }) },
      { name: 'second', process: async ({ data }) => ({ to: 'third', data: { n: data.n * 10 } }) },
    ])
    serve([
      {
        name: 'third',
        async process({ id, data }) {
          ends.add([id, data])
          return undefined
        },
      },
    ])
    await Promise.all(Array.from({ length: 100 }, (_, n) => first().add(`j${n}`, { n })))
    const all = await ends.until(100)
    expect(Object.fromEntries(all)).toEqual(
      Object.fromEntries(Array.from({ length: 100 }, (_, n) => [`j${n}`, { n: (n + 1) * 10 }])),
    )
    await eventually(async () => (await leftovers()).length === 0)
  })

  it('are there once, however often they are added', async () => {
    await Promise.all(Array.from({ length: 20 }, () => first().add('j', { n: 1 })))
    await first().add('j', { n: 2 })
    expect(await redis.lrange('job:first:wait', 0, -1)).toEqual(['j'])
    expect(JSON.parse((await redis.hget('job:first:j', 'data')) ?? '')).toEqual({ n: 1 })
    expect(await first().depth()).toBe(1)
  })

  it('are served in the order in which they were added', async () => {
    for (let n = 0; n < 50; n++) await first().add(`j${n}`, { n })
    const seen = notes<number>()
    serve([
      {
        name: 'first',
        concurrency: 1,
        async process({ data }) {
          seen.add(data.n)
          return undefined
        },
      },
    ])
    expect(await seen.until(50)).toEqual(Array.from({ length: 50 }, (_, n) => n))
  })

  it('are no more at once than is allowed, while other queues go on', async () => {
    const held = gate()
    const seen = notes<string>()
    let most = 0
    let now = 0
    serve([
      {
        name: 'first',
        concurrency: 3,
        async process() {
          most = Math.max(most, ++now)
          seen.add('first')
          await held.opened
          now--
          return undefined
        },
      },
      {
        name: 'second',
        async process() {
          seen.add('second')
          return undefined
        },
      },
    ])
    for (let n = 0; n < 9; n++) await first().add(`j${n}`, { n })
    await seen.until(3)
    await openBatchQueue<Work>(redis, 'job', 'second').add('k', { n: 0 })
    expect((await seen.until(4)).at(-1)).toBe('second')
    held.open()
    await seen.until(10)
    expect(most).toBe(3)
  })

  it('that come when a full queue has room again are heard of, round after round', async () => {
    const ROUNDS = 20
    const seen = notes<string>()
    const turn = () => new Promise((later) => setTimeout(later, 2))
    serve([
      {
        name: 'first',
        concurrency: 2,
        async process({ id }) {
          await turn()
          seen.add(id)
          return undefined
        },
      },
      { name: 'second', process: async () => undefined },
    ])
    const began = performance.now()
    for (let round = 1; round <= ROUNDS; round++) {
      for (let n = 0; n < 10; n++) await first().add(`r${round}-${n}`, { n })
      await seen.until(round * 10)
    }
    // One that is not heard of is found after two seconds.
    expect(performance.now() - began).toBeLessThan(ROUNDS * 1_000)
  })

  it('tell where they are, and can be removed while nobody holds them', async () => {
    const held = gate()
    const seen = notes<string>()
    await first().add('a', { n: 1 })
    await first().add('b', { n: 2 })
    expect(await first().state('a')).toBe('waiting')
    expect(await first().remove('b')).toBe(true)
    expect(await first().remove('b')).toBe(false)
    expect(await first().state('b')).toBe('unknown')
    serve([
      {
        name: 'first',
        async process({ id }) {
          seen.add(id)
          await held.opened
          return undefined
        },
      },
    ])
    await seen.until(1)
    expect(await first().state('a')).toBe('active')
    expect(await first().remove('a')).toBe(false)
    held.open()
    await eventually(async () => (await first().state('a')) === 'unknown')
    expect(seen.all).toEqual(['a'])
  })
})

describe('a job that fails', () => {
  it('is tried again, and told of once it has failed for good', async () => {
    const attempts: [number, boolean][] = []
    const failed = notes<string>()
    serve([
      {
        name: 'first',
        process({ attempt, last }: BatchJob<Work>) {
          attempts.push([attempt, last])
          throw new Error(`attempt ${attempt}`)
        },
        async onFailed({ id, data }, error) {
          failed.add(`${id} ${data.n}: ${error.message}`)
        },
      },
    ])
    await first().add('j', { n: 7 })
    expect(await failed.until(1)).toEqual(['j 7: attempt 3'])
    expect(attempts).toEqual([
      [1, false],
      [2, false],
      [3, true],
    ])
    await eventually(async () => (await leftovers()).length === 0)
  })

  it('is not tried again when that cannot help', async () => {
    const failed = notes<string>()
    let tries = 0
    serve([
      {
        name: 'first',
        async process() {
          tries++
          throw new FatalError('no use')
        },
        async onFailed(_job, error) {
          failed.add(error.message)
        },
      },
    ])
    await first().add('j', { n: 1 })
    expect(await failed.until(1)).toEqual(['no use'])
    expect(tries).toBe(1)
  })
})

describe('a job that nobody can read', () => {
  it('is dropped, and those behind it are served', async () => {
    await first().add('a', { n: 1 })
    await redis.hset('job:first:a', 'data', '{"n":')
    await first().add('b', { n: 2 })
    const seen = notes<string>()
    serve([
      {
        name: 'first',
        async process({ id }) {
          seen.add(id)
          return undefined
        },
      },
    ])
    expect(await seen.until(1)).toEqual(['b'])
    await eventually(async () => (await leftovers()).length === 0)
  })
})

describe('a worker', () => {
  it('that is gone leaves its jobs to another, which takes them first', async () => {
    await first().add('j1', { n: 1 })
    await first().add('j2', { n: 2 })
    // As a worker that took j1 and was killed has left it: active, and its lock has run out.
    await redis.rpoplpush('job:first:wait', 'job:first:active')
    await redis.hset('job:first:j1', 'ats', 1)
    const seen = notes<[string, number]>()
    serve([
      {
        name: 'first',
        concurrency: 1,
        async process({ id, attempt }) {
          seen.add([id, attempt])
          return undefined
        },
      },
    ])
    expect((await seen.until(2)).toSorted()).toEqual([
      ['j1', 2],
      ['j2', 1],
    ])
  })

  it('that renews its locks keeps its jobs, however long they take', async () => {
    const held = gate()
    const seen = notes<string>()
    const process = async ({ id }: BatchJob<Work>) => {
      seen.add(id)
      await held.opened
      return undefined
    }
    serve([{ name: 'first', process }], { lockDuration: 6_000 })
    serve([{ name: 'first', process }], { lockDuration: 6_000 })
    await first().add('j', { n: 1 })
    await seen.until(1)
    for (let i = 0; i < 3; i++) await renewed('j')
    held.open()
    await eventually(async () => (await first().state('j')) === 'unknown')
    expect(seen.all).toEqual(['j'])
  })

  it('that has lost a job to another is told so, and what it says of it no longer counts', async () => {
    const aborted = notes<string>()
    const seen = notes<number>()
    const ends = notes<string>()
    const end = async ({ data }: BatchJob<Work>) => {
      ends.add(String(data.n))
      return undefined
    }
    serve(
      [
        {
          name: 'first',
          process: ({ attempt, signal }) =>
            new Promise((resolve) => {
              seen.add(attempt)
              if (attempt > 1) return resolve({ to: 'second', data: { n: attempt } })
              signal.addEventListener('abort', () => {
                aborted.add(String(signal.reason.message))
                resolve({ to: 'second', data: { n: attempt } })
              })
            }),
        },
        { name: 'second', process: end },
      ],
      { lockDuration: 3_000 },
    )
    await first().add('j', { n: 1 })
    await seen.until(1)
    // What other workers see when this one was asleep for longer than its lease. It is there at the next renewal.
    await redis.set('job:first:j:lock', 'another', 'PX', 1_500)
    expect(await aborted.until(1)).toEqual(['another worker has taken over'])
    expect(await ends.until(1)).toEqual(['2'])
    expect(seen.all).toEqual([1, 2])
  })

  it('that gets a job of its own once more goes by the later taking', async () => {
    const seen = notes<number>()
    const aborted = notes<string>()
    const ends = notes<number>()
    const held = gate()
    serve([
      {
        name: 'first',
        async process({ attempt, signal }) {
          seen.add(attempt)
          if (attempt > 1) await held.opened
          else await new Promise((done) => signal.addEventListener('abort', done))
          if (attempt === 1) aborted.add(String(signal.reason.message))
          return { to: 'second', data: { n: attempt } }
        },
      },
      {
        name: 'second',
        async process({ data }) {
          ends.add(data.n)
          return undefined
        },
      },
    ])
    await first().add('j', { n: 1 })
    await seen.until(1)
    // What is found when Redis was away for longer than the lease: no lock, and back in the queue.
    await redis
      .multi()
      .del('job:first:j:lock')
      .lrem('job:first:active', 0, 'j')
      .rpush('job:first:wait', 'j')
      .zadd('job:first:marker', 0, '0')
      .exec()
    await seen.until(2)
    expect(await aborted.until(1)).toEqual(['taken once more'])
    await renewed('j') // what the earlier one has given back is not the lock of the later one
    expect(await first().state('j')).toBe('active')
    held.open()
    expect(await ends.until(1)).toEqual([2])
    await eventually(async () => (await leftovers()).length === 0)
    expect([seen.all, ends.all]).toEqual([[1, 2], [2]])
  })

  it('fails a job that has killed too many workers', async () => {
    await first().add('j', { n: 1 })
    await redis.hset('job:first:j', 'stc', 3)
    const failed = notes<string>()
    serve(
      [
        {
          name: 'first',
          process: () => Promise.reject(new Error('must not be called')),
          async onFailed(_job, error) {
            failed.add(error.message)
          },
        },
      ],
      { maxCrashes: 2 },
    )
    expect(await failed.until(1)).toEqual(['its worker died 3 times'])
  })

  it('that drains finishes what it has, and takes nothing more', async () => {
    const held = gate()
    const seen = notes<string>()
    const worker = serve([
      {
        name: 'first',
        concurrency: 1,
        async process({ id }) {
          seen.add(id)
          await held.opened
          return { to: 'second', data: { n: 1 } }
        },
      },
    ])
    await first().add('a', { n: 1 })
    await seen.until(1)
    const drained = worker.drain()
    await first().add('b', { n: 2 })
    held.open()
    await drained
    expect(seen.all).toEqual(['a'])
    expect(await redis.lrange('job:second:wait', 0, -1)).toEqual(['a'])
    expect(await redis.lrange('job:first:wait', 0, -1)).toEqual(['b'])
  })

  it('that is cut short puts its jobs back to the head of the queue', async () => {
    const seen = notes<string>()
    const worker = serve([
      {
        name: 'first',
        concurrency: 1,
        process: ({ id, signal }) =>
          new Promise((_, reject) => {
            seen.add(id)
            signal.addEventListener('abort', () => reject(signal.reason))
          }),
      },
    ])
    await first().add('a', { n: 1 })
    await first().add('b', { n: 2 })
    await seen.until(1)
    worker.abort()
    await worker.drain()
    expect(await redis.lrange('job:first:wait', 0, -1)).toEqual(['b', 'a'])
    expect(await first().state('a')).toBe('waiting')
  })

  it('does not touch a queue that was paused', async () => {
    const queue = new Queue('first', { connection: redis, prefix: 'job' })
    closer.add(queue, (opened) => opened.close())
    await queue.pause()
    const seen = notes<string>()
    serve([
      {
        name: 'first',
        async process({ id }) {
          seen.add(id)
          return undefined
        },
      },
      {
        name: 'second',
        async process({ id }) {
          seen.add(id)
          return undefined
        },
      },
    ])
    await first().add('a', { n: 1 })
    await openBatchQueue<Work>(redis, 'job', 'second').add('b', { n: 1 })
    expect(await seen.until(1)).toEqual(['b'])
    await queue.resume()
    expect(await seen.until(2)).toEqual(['b', 'a'])
  })
})

describe('in the layout of BullMQ', () => {
  it('its queue sees our jobs, and its worker serves them', async () => {
    await first().add('j', { n: 5 })
    const queue = new Queue<Work>('first', { connection: redis, prefix: 'job' })
    closer.add(queue, (opened) => opened.close())
    expect(await queue.getJobCounts('wait', 'active')).toEqual({ wait: 1, active: 0 })
    expect((await queue.getJob('j'))?.data).toEqual({ n: 5 })
    const seen = notes<Work>()
    const worker = new Worker<Work>('first', async (job) => seen.add(job.data), {
      connection: redis,
      prefix: 'job',
    })
    closer.add(worker, (opened) => opened.close())
    expect(await seen.until(1)).toEqual([{ n: 5 }])
  })

  it('its jobs are served by us, and woken for', async () => {
    const queue = new Queue<Work>('first', { connection: redis, prefix: 'job' })
    closer.add(queue, (opened) => opened.close())
    const seen = notes<string>()
    serve([
      {
        name: 'first',
        async process({ id, data }) {
          seen.add(`${id} ${data.n}`)
          return undefined
        },
      },
    ])
    await queue.add('any', { n: 3 }, { jobId: 'theirs' })
    expect(await seen.until(1)).toEqual(['theirs 3'])
    await eventually(async () => (await queue.getJobCountByTypes('wait', 'active')) === 0)
  })
})

describe('while Redis is away', () => {
  it('calls do not pile up', async () => {
    const lasting = await startTestRedis()
    closer.add(lasting, (opened) => opened.close())
    const connection = lasting.connect()
    serve([{ name: 'first', process: async () => undefined }], { redis: connection, lockDuration: 100 })
    await connection.ping()
    await lasting.kill()
    await new Promise((later) => setTimeout(later, 1_000))
    expect((connection as unknown as { offlineQueue: unknown }).offlineQueue).toHaveProperty(
      'length',
      expect.toSatisfy((length: number) => length < 5),
    )
    await lasting.start()
  })
})

describe('Redis', () => {
  it('killed and restarted: every job comes to its end', async () => {
    const lasting = await startTestRedis(false)
    closer.add(lasting, (opened) => opened.close())
    const connection = lasting.connect()
    const ends = new Set<string>()
    const all = notes<string>()
    serve(
      [
        {
          name: 'first',
          async process({ data }) {
            await new Promise((later) => setTimeout(later, 5))
            return { to: 'second', data }
          },
        },
        {
          name: 'second',
          async process({ id }) {
            if (!ends.has(id)) all.add(id)
            ends.add(id)
            return undefined
          },
        },
      ],
      // A job that was taken in a call whose answer never came is taken once more when its lock has run out.
      { redis: connection, lockDuration: 1_000 },
    )
    const queue = openBatchQueue<Work>(connection, 'job', 'first')
    // So that what was acknowledged is on disk: the file is written once a second otherwise.
    await connection.config('SET', 'appendfsync', 'always')
    await Promise.all(Array.from({ length: 200 }, (_, n) => queue.add(`j${n}`, { n })))
    await all.until(20)
    await lasting.kill()
    await lasting.start()
    await all.until(200)
    expect(ends.size).toBe(200)
  })
})
