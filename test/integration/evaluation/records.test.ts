import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { createRecords, RECORD_TTL, type Records } from '../../../src/runtime/evaluation/records.ts'
import { connectRedis, disconnectRedis, type RedisClient } from '../../../src/runtime/platform/redis/index.ts'
import { aJob, COMPLETED } from '../../support/evaluation.ts'
import { startLossyProxy } from '../../support/faults.ts'
import { silent, startTestRedis, type TestRedis } from '../../support/redis.ts'

let server: TestRedis
let redis: RedisClient
let records: Records

beforeAll(async () => {
  server = await startTestRedis()
  redis = server.connect()
  records = createRecords(redis)
})
afterAll(() => server?.close())
beforeEach(() => redis.flushall())

const job = aJob('e1')
const by = { worker: 'w1', startedAt: '2026-01-01T00:00:00.500Z' }
const begin = () => records.begin(job, by)

describe('a record', () => {
  it('holds what is known, merged, and how far it has come', async () => {
    await records.create(job)
    expect(await records.read('e1')).toMatchObject({
      seq: 1,
      status: 'queued',
      code: 'print(1)',
      stdin_bytes: 0,
    })
    expect(await records.readState('e1')).toEqual({ status: 'queued', seq: 1, attempts: 0, cancel: false })
    await begin()
    await records.finish('e1', 1, { ...COMPLETED, stdout: 'hi' })
    expect(await records.read('e1')).toMatchObject({
      ...{ seq: 1000, status: 'completed', stdout: 'hi', worker: 'w1', code: 'print(1)', attempts: 1 },
    })
    const ttl = await redis.pttl('eval:record:e1')
    expect(ttl).toBeGreaterThan(RECORD_TTL - 60_000)
    expect(await records.read('e2')).toBeUndefined()
    expect(await records.readState('e2')).toBeUndefined()
  })

  it('is kept when it is made again', async () => {
    await records.create(job)
    await begin()
    await records.create(aJob('e1', { code: 'print(2)' }))
    expect(await records.read('e1')).toMatchObject({ status: 'running', code: 'print(1)' })
  })

  it('of an end goes soon once its row is stored, others do not', async () => {
    await records.create(job)
    await records.create(aJob('e2'))
    await records.finish('e1', 0, COMPLETED)
    await records.settleSoon(['e1', 'e2', 'e3'])
    expect(await redis.pttl('eval:record:e1')).toBeLessThanOrEqual(60_000)
    expect(await redis.pttl('eval:record:e2')).toBeGreaterThan(60_000)
    expect(await redis.exists('eval:record:e3')).toBe(0)
  })
})

describe('begin', () => {
  it('counts attempts', async () => {
    await records.create(job)
    expect(await begin()).toEqual({
      state: 'go',
      attempt: 1,
      untold: true,
      facts: {
        eval_id: 'e1',
        seq: 2,
        status: 'running',
        attempts: 1,
        started_at: by.startedAt,
        worker: 'w1',
      },
    })
    expect(await begin()).toMatchObject({ state: 'go', attempt: 2, facts: { seq: 4, attempts: 2 } })
  })

  it('knows whether the submission has been told', async () => {
    await records.told('e1')
    expect(await redis.exists('eval:record:e1')).toBe(0)
    await records.create(job)
    await records.told('e1')
    expect(await begin()).toMatchObject({ state: 'go', untold: false })
  })

  it('makes the record where Redis has lost it', async () => {
    expect(await begin()).toMatchObject({ state: 'go', attempt: 1 })
    expect(await records.read('e1')).toMatchObject({ status: 'running', code: 'print(1)' })
    expect(await redis.pttl('eval:record:e1')).toBeGreaterThan(0)
  })

  it('tells the end of what has ended', async () => {
    await records.create(job)
    await records.finish('e1', 0, COMPLETED)
    expect(await begin()).toMatchObject({ state: 'ended', facts: { status: 'completed', seq: 1000 } })
    expect(await records.readState('e1')).toMatchObject({ attempts: 0 })
  })
})

describe('finish', () => {
  it('counts once, and tells the end that counts', async () => {
    await records.create(job)
    await begin()
    const ends = await Promise.all(
      Array.from({ length: 20 }, (_, i) => records.finish('e1', 1, { ...COMPLETED, stdout: `${i}` })),
    )
    expect(ends.filter(({ won }) => won)).toHaveLength(1)
    expect(new Set(ends.map(({ facts }) => facts.stdout)).size).toBe(1)
    expect(ends[0]?.facts).toMatchObject({ eval_id: 'e1', seq: 1000 })
  })

  it('does not count of an attempt that another one has followed', async () => {
    await records.create(job)
    await begin()
    await begin()
    const late = await records.finish('e1', 1, { ...COMPLETED, stdout: 'late' })
    expect(late).toMatchObject({ won: false, facts: { status: 'running', attempts: 2 } })
    expect(await records.finish('e1', 2, { ...COMPLETED, stdout: 'newest' })).toMatchObject({ won: true })
  })

  it('counts of any attempt when it is a cancellation', async () => {
    await records.create(job)
    await begin()
    await begin()
    const { won } = await records.finish('e1', 1, { ...COMPLETED, status: 'cancelled' })
    expect(won).toBe(true)
  })

  it('is kept where Redis has lost the record', async () => {
    expect(await records.finish('e1', 1, COMPLETED)).toMatchObject({ won: true })
    expect(await records.read('e1')).toMatchObject({ status: 'completed' })
    expect(await redis.pttl('eval:record:e1')).toBeGreaterThan(0)
  })
})

describe('an answer that is lost', () => {
  it('is given again when the driver repeats the step', async () => {
    const proxy = await startLossyProxy(server.url)
    const client = connectRedis({ url: proxy.url, purpose: 'request', name: 'test', log: silent })
    try {
      const distant = createRecords(client)
      for (const id of ['e1', 'e2']) await records.create(aJob(id))
      const finishLost = proxy.loseReplyTo(/eval:record:e1/)
      expect(await distant.finish('e1', 1, COMPLETED)).toMatchObject({ won: true })
      await finishLost
      const cancelLost = proxy.loseReplyTo(/eval:record:e2/)
      expect(await distant.cancel('e2')).toMatchObject({ state: 'cancelled' })
      await cancelLost
    } finally {
      await disconnectRedis(client)
      await proxy.close()
    }
  })
})

describe('cancel', () => {
  it('ends what waits', async () => {
    await records.create(job)
    expect(await records.cancel('e1', '2026-01-01T00:00:02.000Z')).toMatchObject({
      state: 'cancelled',
      facts: { status: 'cancelled', seq: 1000, finished_at: '2026-01-01T00:00:02.000Z' },
    })
    expect(await records.cancel('e1')).toEqual({ state: 'ended' })
    expect(await begin()).toMatchObject({ state: 'ended', facts: { status: 'cancelled' } })
  })

  it('marks what runs, which does not begin again', async () => {
    await records.create(job)
    await begin()
    expect(await records.cancel('e1')).toEqual({ state: 'requested' })
    expect(await records.cancelRequested(['e0', 'e1', 'e2'])).toEqual(['e1'])
    expect(await begin()).toMatchObject({ state: 'cancel', attempt: 1 })
    expect(await records.readState('e1')).toMatchObject({ status: 'running', attempts: 1, cancel: true })
  })

  it('knows what it does not know', async () => {
    expect(await records.cancel('e1')).toEqual({ state: 'unknown' })
    expect(await redis.exists('eval:record:e1')).toBe(0)
  })

  it('and begin at once: one of them counts', async () => {
    const other = createRecords(server.connect())
    for (let i = 0; i < 50; i++) {
      const id = `r${i}`
      await records.create(aJob(id))
      const [begun, cancelled] = await Promise.all([records.begin(aJob(id), by), other.cancel(id)])
      if (begun.state === 'go') expect(cancelled.state).toBe('requested')
      else expect(cancelled.state).toBe('cancelled')
    }
  })
})
