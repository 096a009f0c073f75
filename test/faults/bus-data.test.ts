import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { deadLetterKey, lossesKey } from '../../src/runtime/bus/index.ts'
import type { RedisClient } from '../../src/runtime/platform/redis/index.ts'
import {
  type Ack,
  type Arena,
  createArenas,
  GROUP,
  groupOf,
  LONG_LEASE,
  STREAM,
  TYPE,
} from '../support/bus-faults.ts'
import { eventually } from '../support/program.ts'
import { startTestRedis, type TestRedis } from '../support/redis.ts'

const arenas = createArenas()
let server: TestRedis
let redis: RedisClient

beforeAll(async () => {
  server = await startTestRedis()
  redis = server.connect()
})
beforeEach(async () => {
  await redis.flushall()
})
afterAll(() => server.close())

const CLEAN = { lost: [], unexpected: [], refused: 0, deadLetters: 0 }

describe('the event bus, its group destroyed under load', () => {
  it('makes it anew where everything was settled: nothing is lost, and only what was in the works may repeat', async () => {
    const arena = arenas.open('group destroyed')
    const { chance, why } = arena
    const consumers = await Promise.all([
      arena.consumer({ url: server.url }),
      arena.consumer({ url: server.url }),
    ])
    const producer = await arena.producer({ url: server.url })
    const DESTROYED = 8
    for (let i = 0; i < DESTROYED; i++) {
      await arena.moreAcks(chance.between(30, 150))
      // The consumers may still be about to make it anew.
      await eventually(async () => (await redis.xgroup('DESTROY', STREAM, GROUP)) === 1)
    }
    await arena.moreAcks(50)
    await producer.stop()
    await arena.drain(redis)
    const verdict = await arena.judge(redis)
    expect(verdict, why).toMatchObject(CLEAN)
    expect(verdict.duplicates, why).toBeLessThanOrEqual(DESTROYED * 2 * 10)
    const healed = async () => {
      const counts = await Promise.all(consumers.map((each) => each.metric('events_groups_healed_total')))
      return counts.reduce((sum, count) => sum + count, 0)
    }
    await expect.poll(healed, { message: why }).toBe(DESTROYED)
  })
})

describe('the event bus, its data taken away under load', () => {
  it.each([
    ['the database flushed', ['flushall']],
    ['the stream deleted', ['del', STREAM]],
  ])(
    '%s: goes on by itself, and what is acknowledged afterwards is handled',
    async (what, [name = '', ...words]) => {
      const arena = arenas.open(what)
      const { chance, why } = arena
      await Promise.all([arena.consumer({ url: server.url }), arena.consumer({ url: server.url })])
      const producer = await arena.producer({ url: server.url })
      let goneAt = 0
      for (let i = 0; i < 4; i++) {
        await arena.moreAcks(chance.between(50, 200))
        goneAt = await during(name, words)
      }
      await arena.moreAcks(100)
      await producer.stop()
      const gone = ({ at }: Ack) => at <= goneAt
      await arena.drain(redis, gone)
      expect(await arena.judge(redis, gone), why).toMatchObject(CLEAN)
    },
  )

  /** When it happened, by the clock of the server: in milliseconds since 1970. */
  async function during(name: string, words: readonly string[]): Promise<number> {
    const results = await redis.multi([[name, ...words], ['time']]).exec()
    const [seconds, micros] = (results?.[1]?.[1] ?? []) as string[]
    return Number(seconds) * 1_000 + Number(micros) / 1_000
  }
})

describe('the event bus, its stream trimmed by somebody else below entries it has not read', () => {
  it('counts exactly what was lost, and handles the rest', async () => {
    const arena = arenas.open('trimmed by a foreigner')
    const { chance, why } = arena
    // Much slower than the producer, even on a busy machine: there is something to lose.
    const slow = { url: server.url, concurrency: 4, work: 60, lease: LONG_LEASE }
    const consumers = await Promise.all([arena.consumer(slow), arena.consumer(slow)])
    const producer = await arena.producer({ url: server.url, pause: 3 })
    for (let i = 0; i < 4; i++) {
      await arena.moreAcks(chance.between(200, 400))
      await redis.xtrim(STREAM, 'MAXLEN', chance.between(5, 60))
    }
    await producer.stop()
    await settled(arena)
    const { lost, ...rest } = await arena.judge(redis)
    expect(rest, why).toMatchObject({ unexpected: [], refused: 0, deadLetters: 0, duplicates: 0 })
    expect(lost.length, why).toBeGreaterThan(0)
    const counted = async () => {
      const metrics = await Promise.all(consumers.map((consumer) => consumer.metric('events_lost_total')))
      return [
        Number(await redis.hget(lossesKey(STREAM), GROUP)),
        metrics.reduce((sum, count) => sum + count, 0),
      ]
    }
    let last: number[] = []
    await eventually(
      async () => {
        last = await counted()
        return last.every((count) => count === lost.length)
      },
      20_000,
      () => `${why}: lost ${lost.length}, counted in Redis and by the consumers ${last}`,
    )
  })

  async function settled({ why }: Arena): Promise<void> {
    await eventually(
      async () => {
        const group = await groupOf(redis)
        return group?.pending === 0 && group['last-delivered-id'] === group.last
      },
      20_000,
      () => `${why}: the group has not come to rest`,
    )
  }
})

describe('the event bus, garbage in its stream under load', () => {
  const big = 'x'.repeat(1024 * 1024)
  const GARBAGE: [reason: string, fields: (id: string) => (string | Buffer)[]][] = [
    ['undecodable', () => ['hello', 'world']],
    ['undecodable', (id) => ['event_id', id, 'event_type', TYPE]],
    ['undecodable', (id) => ['event_id', id, 'event_type', TYPE, 'data', '{"n": 1']],
    ['undecodable', (id) => ['event_id', id, 'event_type', TYPE, 'data', JSON.stringify({ n: 1, big })]],
    ['undecodable', (id) => ['event_id', id, 'data', Buffer.from([0, 255, 254, 128, 10, 13])]],
    ['undecodable', () => ['', '']],
    ['schema', (id) => ['event_id', id, 'event_type', TYPE, 'data', '{"n":"one"}']],
    ['schema', (id) => ['event_id', id, 'event_type', TYPE, 'data', 'null']],
  ]

  it('goes to the dead letters with the reason, and nothing stops', async () => {
    const arena = arenas.open('garbage')
    const { chance, why } = arena
    const start = { url: server.url, schema: true, lease: LONG_LEASE }
    await Promise.all([arena.consumer(start), arena.consumer(start)])
    const producer = await arena.producer({ url: server.url })
    const injected: string[] = []
    for (let i = 0; i < 60; i++) {
      if (i % 6 === 0) await arena.moreAcks(chance.between(10, 80))
      const [reason, fields] = chance.pick(GARBAGE)
      await redis.xadd(STREAM, '*', ...fields(`garbage.${i}`))
      injected.push(reason)
    }
    await arena.moreAcks(50)
    await producer.stop()
    await arena.drain(redis)
    const { deadLetters, ...rest } = await arena.judge(redis)
    expect(rest, why).toMatchObject({ lost: [], unexpected: [], refused: 0, duplicates: 0 })
    expect(deadLetters, why).toBe(injected.length)
    const letters = (await redis.xrange(deadLetterKey(TYPE, false), '-', '+')) as [string, string[]][]
    const reasons = letters.map(([, fields]) => fields[fields.indexOf('x-reason') + 1])
    expect(reasons.sort(), why).toEqual(injected.sort())
  })
})
