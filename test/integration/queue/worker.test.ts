import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { AgentctlError, createCloser, FatalError } from '../../../src/runtime/kernel/index.ts'
import {
  type JobQueue,
  openQueue,
  openQueueWorker,
  type QueueWorker,
  type QueueWorkerOptions,
  type RunningJob,
} from '../../../src/runtime/platform/queue/index.ts'
import type { RedisClient } from '../../../src/runtime/platform/redis/index.ts'
import { silent, startTestRedis, type TestRedis } from '../../support/redis.ts'

interface Data {
  n: number
}
let server: TestRedis
let redis: RedisClient
let queue: JobQueue<Data>
let closer: ReturnType<typeof createCloser>
const PATIENCE = { timeout: 30_000 }

beforeAll(async () => {
  server = await startTestRedis()
  redis = server.connect()
})
afterAll(() => server.close())
beforeEach(async () => {
  await redis.flushall()
  closer = createCloser()
  queue = openQueue<Data>('q', {
    redis,
    prefix: '{t}',
    retry: { attempts: 3, backoff: 10 },
    keepSeconds: 60,
    log: silent,
  })
  closer.add(queue, () => queue.close())
})
afterEach(() => closer.close())

function work(
  options: Partial<QueueWorkerOptions<Data>> & Pick<QueueWorkerOptions<Data>, 'process'>,
): QueueWorker {
  const worker = openQueueWorker<Data>('q', {
    redis,
    prefix: '{t}',
    name: 'w',
    concurrency: 10,
    lockDuration: 10_000,
    maxCrashes: 3,
    onFailed: () => {},
    log: silent,
    ...options,
  })
  closer.add(worker, () => worker.drain())
  return worker
}

const stateOf = (id: string) => queue.state(id)

describe('a queue', () => {
  it('holds a job once, however often it is added', async () => {
    await Promise.all(Array.from({ length: 20 }, (_, n) => queue.add('a', { n })))
    expect(await queue.unfinished(100)).toHaveLength(1)
  })

  it('tells where a job is, and removes it only while it waits', async () => {
    expect(await queue.state('a')).toBe('unknown')
    await queue.add('a', { n: 1 })
    expect(await queue.state('a')).toBe('waiting')
    await queue.remove('a')
    expect(await queue.state('a')).toBe('unknown')
  })

  it('keeps little of why a job has failed, however often it has', async () => {
    const patient = openQueue<Data>('q', {
      ...{ redis, prefix: '{t}', keepSeconds: 60, log: silent },
      retry: { attempts: 100, backoff: 1, growing: false },
    })
    closer.add(patient, () => patient.close())
    const tries: number[] = []
    work({
      async process({ attempt }) {
        tries.push(attempt)
        if (attempt <= 20) throw new Error(`failure ${attempt}`)
      },
    })
    await patient.add('a', { n: 1 })
    await expect.poll(() => patient.state('a'), PATIENCE).toBe('completed')
    expect(tries).toHaveLength(21)
    const traces: string[] = JSON.parse((await redis.hget('{t}:q:a', 'stacktrace')) ?? '[]')
    expect(traces).toEqual([expect.stringContaining('failure 20')])
  })

  it('lists what is unfinished, oldest first, as much as asked', async () => {
    for (let n = 0; n < 5; n++) await queue.add(`job-${n}`, { n })
    expect((await queue.unfinished(3)).map(({ data }) => data.n)).toEqual([0, 1, 2])
  })
})

describe('a queue worker', () => {
  it('processes each job once', async () => {
    const done: number[] = []
    work({ process: async ({ data }) => void done.push(data.n) })
    for (let n = 0; n < 50; n++) await queue.add(`job-${n}`, { n })
    await expect.poll(() => done.length, PATIENCE).toBe(50)
    expect(done.toSorted((a, b) => a - b)).toEqual(Array.from({ length: 50 }, (_, n) => n))
    await expect.poll(() => stateOf('job-49'), PATIENCE).toBe('completed')
  })

  it('tries a failed job again, and says which attempt it is and which the last', async () => {
    const attempts: [number, boolean][] = []
    const failed: string[] = []
    work({
      async process({ attempt, last }) {
        attempts.push([attempt, last])
        throw new Error('no luck')
      },
      onFailed: (id, _data, error) => failed.push(`${id}: ${error.message}`),
    })
    await queue.add('a', { n: 1 })
    await expect.poll(() => failed, PATIENCE).toEqual(['a: no luck'])
    expect(attempts).toEqual([
      [1, false],
      [2, false],
      [3, true],
    ])
    expect(await stateOf('a')).toBe('failed')
  })

  it('completes a job that succeeds after a failure', async () => {
    const failed: string[] = []
    work({
      async process({ attempt }) {
        if (attempt === 1) throw new Error('no luck')
      },
      onFailed: (id) => failed.push(id),
    })
    await queue.add('a', { n: 1 })
    await expect.poll(() => stateOf('a'), PATIENCE).toBe('completed')
    expect(failed).toEqual([])
  })

  const bug = { kind: 'bug', title: 't', fix: 'f' } as const
  it.each([
    ['a FatalError', new FatalError('hopeless')],
    ['a coded error that cannot be helped', new AgentctlError('X', bug, 'hopeless')],
  ])('does not try again after %s', async (_what, error) => {
    let attempts = 0
    const failed: { id: string; n: number; message: string }[] = []
    work({
      async process() {
        attempts++
        throw error
      },
      onFailed: (id, { n }, { message }) => failed.push({ id, n, message }),
    })
    await queue.add('a', { n: 7 })
    await expect.poll(() => failed, PATIENCE).toEqual([{ id: 'a', n: 7, message: 'hopeless' }])
    expect(attempts).toBe(1)
  })

  it('runs as many jobs at once as it may', async () => {
    const gate = Promise.withResolvers<void>()
    const worker = work({ concurrency: 3, process: () => gate.promise })
    closer.add(gate, () => gate.resolve())
    for (let n = 0; n < 6; n++) await queue.add(`job-${n}`, { n })
    await expect.poll(() => worker.running, PATIENCE).toBe(3)
    expect(await redis.llen('{t}:q:wait')).toBe(3)
    gate.resolve()
    await expect.poll(() => stateOf('job-5'), PATIENCE).toBe('completed')
  })

  it('drains: finishes what it has and takes nothing more', async () => {
    const gate = Promise.withResolvers<void>()
    const done: number[] = []
    const worker = work({
      concurrency: 1,
      async process({ data }) {
        await gate.promise
        done.push(data.n)
      },
    })
    await queue.add('a', { n: 1 })
    await expect.poll(() => worker.running, PATIENCE).toBe(1)
    await queue.add('b', { n: 2 })
    const drained = worker.drain()
    gate.resolve()
    await drained
    expect(done).toEqual([1])
    expect(await stateOf('b')).toBe('waiting')
  })

  it('hands a job back when it is cut short, and that uses up no attempt', async () => {
    const untilAborted = ({ signal }: RunningJob<Data>) =>
      new Promise<void>((_, reject) => {
        if (signal.aborted) reject(signal.reason)
        signal.addEventListener('abort', () => reject(signal.reason))
      })
    const failed: string[] = []
    const onFailed = (id: string) => failed.push(id)
    await queue.add('a', { n: 1 })
    for (let i = 0; i < 4; i++) {
      const worker = work({ process: untilAborted, onFailed })
      await expect.poll(() => worker.running, PATIENCE).toBe(1)
      const drained = worker.drain()
      worker.abort()
      await drained
      expect(await stateOf('a')).toBe('waiting')
    }
    const seen: { attempt: number; last: boolean }[] = []
    work({ process: async ({ attempt, last }) => void seen.push({ attempt, last }), onFailed })
    await expect.poll(() => stateOf('a'), PATIENCE).toBe('completed')
    expect(seen).toEqual([{ attempt: expect.any(Number), last: false }])
    expect(seen[0]?.attempt).toBeGreaterThan(4)
    expect(failed).toEqual([])
  })
})

describe('a job whose worker has vanished', () => {
  /** A worker whose connection is cut while it has the job; it never gets it back. */
  async function vanish(process: QueueWorkerOptions<Data>['process'] = () => new Promise(() => {})) {
    const own = server.connect()
    const begun = Promise.withResolvers<void>()
    openQueueWorker<Data>('q', {
      redis: own,
      prefix: '{t}',
      name: 'vanishing',
      concurrency: 1,
      lockDuration: 1_000,
      maxCrashes: 2,
      onFailed: () => {},
      log: silent,
      async process(job) {
        begun.resolve()
        return process(job)
      },
    })
    await begun.promise
    own.disconnect()
  }

  it('is taken over by another', async () => {
    await queue.add('a', { n: 1 })
    await vanish()
    const attempts: number[] = []
    work({ lockDuration: 1_000, process: async ({ attempt }) => void attempts.push(attempt) })
    await expect.poll(() => stateOf('a'), PATIENCE).toBe('completed')
    expect(attempts).toEqual([2])
  })
})
