import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { createDeadLetters, type DeadLetters } from '../../../src/runtime/bus/index.ts'
import type { RedisClient } from '../../../src/runtime/platform/redis/index.ts'
import { startTestRedis, type TestRedis } from '../../support/redis.ts'

const TYPE = 'task.created'
const DLQ = `agent:dlq:${TYPE}`
const STREAM = `agent:stream:${TYPE}`

let server: TestRedis
let redis: RedisClient
let letters: DeadLetters

beforeAll(async () => {
  server = await startTestRedis()
  redis = server.connect()
  letters = createDeadLetters({ redis })
})
afterAll(() => server?.close())
beforeEach(() => redis.flushall())

/** As `bury.lua` writes them. */
async function bury(n: number, fields: Record<string, string> = {}): Promise<void> {
  const all = {
    event_id: `e${n}`,
    event_type: TYPE,
    timestamp: '2026-01-01T00:00:00Z',
    data: `{"n":${n}}`,
    ...fields,
    'x-stream': STREAM,
    'x-entry': `${n}-1`,
    'x-group': 'workers',
    'x-consumer': 'w1',
    'x-deliveries': '5',
    'x-reason': 'max-deliveries',
    'x-error': 'no luck',
    'x-time': '2026-01-02T00:00:00Z',
  }
  await redis.xadd(DLQ, `${n}-0`, ...Object.entries(all).flat())
}

async function buryMany(count: number): Promise<void> {
  for (let n = 1; n <= count; n++) await bury(n)
}

describe('dead letters', () => {
  it('are counted by type', async () => {
    await buryMany(3)
    await redis.xadd('agent:dlq:a.b', '5-0', 'data', '1')
    await redis.set('agent:dlq:no.stream', 'x')
    await redis.xadd('agent:dlq:Not A Type', '*', 'data', '1')
    expect(await letters.list()).toEqual([
      { type: 'a.b', count: 1, oldest: '1970-01-01T00:00:00.005Z', newest: '1970-01-01T00:00:00.005Z' },
      { type: TYPE, count: 3, oldest: '1970-01-01T00:00:00.001Z', newest: '1970-01-01T00:00:00.003Z' },
    ])
  })

  it('tell what the event was and what became of it', async () => {
    await bury(1, { version: '2' })
    expect(await letters.get(TYPE, '1-0')).toEqual({
      id: '1-0',
      fields: {
        event_id: 'e1',
        event_type: TYPE,
        timestamp: '2026-01-01T00:00:00Z',
        data: '{"n":1}',
        version: '2',
      },
      origin: { stream: STREAM, entry: '1-1', group: 'workers', consumer: 'w1' },
      deliveries: 5,
      reason: 'max-deliveries',
      error: 'no luck',
      time: '2026-01-02T00:00:00Z',
    })
    await expect(letters.get(TYPE, '2-0')).rejects.toMatchObject({ code: 'EVENT_NOT_FOUND' })
    await expect(letters.get(TYPE, '-')).rejects.toMatchObject({ code: 'EVENT_CURSOR_INVALID' })
  })

  it('are shown in pages', async () => {
    await buryMany(120)
    const first = await letters.show(TYPE)
    expect([first.letters.length, first.next]).toEqual([100, '101-0'])
    const rest = await letters.show(TYPE, { from: first.next ?? '' })
    expect([rest.letters.map(({ id }) => id).at(-1), rest.letters.length, rest.next]).toEqual([
      '120-0',
      20,
      null,
    ])
    expect(await letters.show('none.such')).toEqual({ letters: [], next: null })
    await expect(letters.show('No Type')).rejects.toMatchObject({ code: 'EVENT_TYPE_INVALID' })
  })

  it('go back to their stream for their own group', async () => {
    await buryMany(2)
    const [retried, ...others] = await letters.retry(TYPE, ['2-0', '9-0'])
    expect([retried?.letter, others]).toEqual(['2-0', []])
    const [[id, fields]] = (await redis.xrange(STREAM, '-', '+')) as [[string, string[]]]
    const entry = Object.fromEntries(
      fields.flatMap((name, i) => (i % 2 === 0 ? [[name, fields[i + 1]]] : [])),
    )
    expect(id).toBe(retried?.entry)
    expect(entry).toEqual({
      event_id: 'e2',
      event_type: TYPE,
      timestamp: '2026-01-01T00:00:00Z',
      data: '{"n":2}',
      'x-group': 'workers',
    })
    expect(await letters.count(TYPE)).toBe(1)
  })

  it('go back all, or the oldest of them', async () => {
    await buryMany(130)
    expect((await letters.retry(TYPE, 'all', 60)).map(({ letter }) => letter).at(-1)).toBe('60-0')
    expect(await letters.retry(TYPE, 'all')).toHaveLength(70)
    expect([await redis.xlen(STREAM), await letters.count(TYPE)]).toEqual([130, 0])
    expect(await letters.list()).toEqual([])
    expect(await letters.retry(TYPE, 'all')).toEqual([])
  })

  it('are forgotten, all or those of before', async () => {
    await buryMany(70)
    expect(await letters.count(TYPE, { before: 61 })).toBe(60)
    expect(await letters.purge(TYPE, { before: 61 })).toBe(60)
    expect([await letters.count(TYPE), await letters.purge(TYPE), await letters.count(TYPE)]).toEqual([
      10, 10, 0,
    ])
    expect(await letters.purge('none.such')).toBe(0)
  })
})
