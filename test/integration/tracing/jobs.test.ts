import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { createEventBus } from '../../../src/runtime/bus/index.ts'
import { createCloser, FatalError, type Tracer } from '../../../src/runtime/kernel/index.ts'
import {
  openBatchQueue,
  openBatchWorker,
  openQueue,
  openQueueWorker,
  type RunningJob,
  type ServedQueue,
} from '../../../src/runtime/platform/queue/index.ts'
import type { RedisClient } from '../../../src/runtime/platform/redis/index.ts'
import {
  currentTraceparent,
  enterSpan,
  parseTraceparent,
} from '../../../src/runtime/platform/tracing/index.ts'
import { notes } from '../../support/bus.ts'
import { notingTracer } from '../../support/noting-tracer.ts'
import { silent, startTestRedis, type TestRedis } from '../../support/redis.ts'

const PARENT = `00-${'a'.repeat(32)}-${'b'.repeat(16)}-01`
const FOREIGN = { n: 1, traceparent: PARENT }
/** Longer than a busy machine may leave this process without a turn. */
const LOCK = 10_000
const id = (span: number) => String(span).padStart(16, '0')

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

function queue() {
  const retry = { attempts: 2, backoff: 1 }
  const opened = openQueue<object>('plain', { redis, prefix: 'job', retry, keepSeconds: 60, log: silent })
  return closer.add(opened, () => opened.close())
}

function work(tracer: Tracer, process: (job: RunningJob<object>) => Promise<void>) {
  const worker = openQueueWorker<object>('plain', {
    ...{ redis, prefix: 'job', name: 'test', concurrency: 1, lockDuration: LOCK, maxCrashes: 3 },
    ...{ process, onFailed: () => {}, tracer, log: silent },
  })
  closer.add(worker, () => worker.drain())
}

function serve(tracer: Tracer, queues: Pick<ServedQueue, 'name' | 'process'>[]) {
  const all = queues.map((one) => ({ concurrency: 1, attempts: 3, async onFailed() {}, ...one }))
  const worker = openBatchWorker({
    ...{ redis, prefix: 'job', queues: all, lockDuration: LOCK, maxCrashes: 3, backoff: 1 },
    ...{ tracer, log: silent },
  })
  closer.add(worker, () => worker.drain())
}

describe('a job', () => {
  it('is done within the span in which it was added', async () => {
    const { tracer, notes: seen, told } = notingTracer()
    const done = notes<string | undefined>()
    const { add } = queue()
    const options = { parent: parseTraceparent(PARENT) }
    await enterSpan(tracer, 'request', options, () => add('a', { n: 1 }))
    work(tracer, async () => void done.add(currentTraceparent()))
    expect(await done.until(1)).toEqual([`00-${'a'.repeat(32)}-${id(3)}-01`])
    await expect.poll(() => seen.at(-1)).toBe('end process plain')
    expect(seen.filter((note) => note.startsWith('begin'))).toEqual([
      `begin request in ${'b'.repeat(16)}`,
      `begin enqueue plain in ${id(1)}`,
      `begin process plain in ${id(2)}`,
    ])
    expect(told('process plain')).toMatchObject([
      { 'messaging.message.id': 'a', 'messaging.destination.name': 'plain', 'agentctl.job.attempt': 1 },
    ])
  })

  it('that fails is in a span for each attempt, all of one trace', async () => {
    const { tracer, notes: seen, told } = notingTracer()
    work(tracer, async ({ last }) => {
      throw new Error(last ? 'last' : 'first')
    })
    await queue().add('a', FOREIGN)
    await expect.poll(() => seen.filter((note) => note.startsWith('end'))).toHaveLength(2)
    const begin = `begin process plain in ${'b'.repeat(16)}`
    const [first, last] = ['first', 'last'].map((why) => `fail process plain: ${why}`)
    expect(seen).toEqual([begin, first, 'end process plain', begin, last, 'end process plain'])
    expect(told('process plain').map((attributes) => attributes['agentctl.job.attempt'])).toEqual([1, 2])
  })

  it.each([{ n: 1 }, { n: 1, traceparent: 'nonsense' }, { n: 1, traceparent: 5 }])(
    'begins a trace where it has none: %j',
    async (data) => {
      const { tracer, notes: seen } = notingTracer()
      work(tracer, async () => {})
      await queue().add('a', data)
      await expect.poll(() => seen).toEqual(['begin process plain in nothing', 'end process plain'])
    },
  )
})

describe('a job of a pipeline', () => {
  it('takes its trace from stage to stage, each within the one before', async () => {
    const { tracer, notes: seen } = notingTracer()
    const done = notes<object>()
    serve(tracer, [
      { name: 'first', process: async () => ({ to: 'second', data: { n: 2 } }) },
      {
        name: 'second',
        async process({ data }) {
          done.add(data)
          return undefined
        },
      },
    ])
    await openBatchQueue(redis, 'job', 'first').add('a', FOREIGN)
    expect(await done.until(1)).toEqual([{ n: 2, traceparent: `00-${'a'.repeat(32)}-${id(1)}-01` }])
    await expect
      .poll(() => seen)
      .toEqual([
        ...[`begin process first in ${'b'.repeat(16)}`, 'end process first'],
        ...[`begin process second in ${id(1)}`, 'end process second'],
      ])
  })

  it('that is tried again says how often, and that it has failed only when it has for good', async () => {
    const { tracer, notes: seen, told } = notingTracer()
    let tries = 0
    serve(tracer, [
      {
        name: 'first',
        async process({ id: job }) {
          if (job === 'b') throw new FatalError('never')
          if (++tries < 3) throw new Error('not yet')
          return undefined
        },
      },
    ])
    const { add } = openBatchQueue(redis, 'job', 'first')
    await add('a', { n: 1 })
    await expect.poll(() => seen).toEqual(['begin process first in nothing', 'end process first'])
    expect(told('process first')).toMatchObject([{ 'agentctl.job.tries': 2 }])
    await add('b', { n: 1 })
    await expect
      .poll(() => seen.slice(2))
      .toEqual([...['begin process first in nothing', 'fail process first: never', 'end process first']])
  })
})

describe('an event', () => {
  it('is handled within the span it was published in, and so is what its handler publishes', async () => {
    const { tracer, notes: seen, told } = notingTracer()
    const connections = { redis, subscriber: redis }
    const bus = createEventBus({ redisUrl: server.url, connections, tracer, log: silent })
    closer.add(bus, () => bus.close())
    const done = notes<string | undefined>()
    let deliveries = 0
    const quick = { backoff: { min: 1, max: 1 } }
    bus.subscribe(
      'test.first',
      async () => {
        if (++deliveries === 1) throw new Error('not yet')
        await bus.publish('test.second', 2)
      },
      quick,
    )
    bus.subscribe('test.second', (_, { event }) => done.add(event.traceparent), quick)
    await bus.start()
    await bus.publish('test.first', 1, { traceparent: PARENT })
    await done.until(1)
    await expect.poll(() => seen.at(-1)).toBe('end handle test.second')
    expect(seen.filter((note) => !note.startsWith('end'))).toEqual([
      `begin handle test.first in ${'b'.repeat(16)}`,
      'fail handle test.first: not yet',
      `begin handle test.first in ${'b'.repeat(16)}`,
      `begin publish test.second in ${id(2)}`,
      `begin handle test.second in ${id(3)}`,
    ])
    const delivered = told('handle test.first').map((attributes) => attributes['agentctl.event.delivery'])
    expect(delivered).toEqual([1, 2])
  })
})
