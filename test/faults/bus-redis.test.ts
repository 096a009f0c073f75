import { afterEach, describe, expect, it } from 'vitest'
import type { RedisClient } from '../../src/runtime/platform/redis/index.ts'
import { type Ack, type Arena, createArenas, STREAM } from '../support/bus-faults.ts'
import { eventually } from '../support/program.ts'
import { startTestRedis, type TestRedis } from '../support/redis.ts'

type Persistence = 'always' | 'everysec' | 'none'

const arenas = createArenas()
let server: TestRedis

// Before the processes of the test are gone: they do not need it.
afterEach(() => server.close())

const CLEAN = { lost: [], unexpected: [], refused: 0, deadLetters: 0 }
/** Milliseconds before a crash in which `appendfsync everysec` may lose what it has acknowledged. */
const WINDOW = 2_000

async function startRedis(persistence: Persistence): Promise<RedisClient> {
  server = await startTestRedis(persistence === 'none')
  const redis = server.connect()
  await persist(redis, persistence)
  return redis
}

async function persist(redis: RedisClient, persistence: Persistence): Promise<void> {
  if (persistence !== 'none') await redis.config('SET', 'appendfsync', persistence)
}

interface Crash {
  killedAt: number
  startedAt: number
}

/** Kills Redis, and starts it again when some publications wait for it. */
async function crash(arena: Arena, redis: RedisClient, persistence: Persistence): Promise<Crash> {
  const killedAt = Date.now()
  await server.kill()
  const waiting = () => {
    const { attempted, acked } = arena.books()
    return attempted.size - acked.size
  }
  await eventually(() => waiting() >= 4)
  await new Promise((later) => setTimeout(later, arena.chance.between(100, 1_000)))
  const startedAt = Date.now()
  await server.start()
  await persist(redis, persistence)
  return { killedAt, startedAt }
}

describe('the event bus, Redis killed and restarted', () => {
  it.each<[Persistence, string]>([
    ['always', 'nothing acknowledged is lost'],
    ['everysec', 'at most what was acknowledged within its window is lost'],
    ['none', 'what was there before is lost, and all that is acknowledged afterwards is handled'],
  ])('with append-only file %s: everybody recovers, %s', async (persistence) => {
    const arena = arenas.open(`Redis restarted, persistence ${persistence}`)
    const { chance, why } = arena
    const redis = await startRedis(persistence)
    // Slower than the producer: Redis has something to lose, and where that is demanded, on a busy machine, too.
    const slow = { url: server.url, concurrency: 3, work: persistence === 'none' ? 100 : 20 }
    await Promise.all([arena.consumer(slow), arena.consumer(slow)])
    const producer = await arena.producer({ url: server.url })
    const crashes: Crash[] = []
    for (let i = 0; i < 2; i++) {
      await arena.moreAcks(chance.between(200, 500))
      crashes.push(await crash(arena, redis, persistence))
    }
    await arena.moreAcks(200)
    await producer.stop()
    const excused = ({ at }: Ack) =>
      persistence !== 'always' &&
      crashes.some(({ killedAt, startedAt }) => {
        const since = persistence === 'none' ? 0 : killedAt - WINDOW
        return at >= since && at <= startedAt
      })
    await arena.drain(redis, excused)
    const verdict = await arena.judge(redis, excused)
    expect(verdict, why).toMatchObject(CLEAN)
    const { acked, handledIds } = arena.books()
    const gone = [...acked.values()].filter(({ id }) => !handledIds.has(id))
    process.stderr.write(`${why}: ${gone.length} of ${acked.size} acknowledged were lost by Redis\n`)
    if (persistence === 'none') expect(gone.length, why).toBeGreaterThan(0)
  })

  it('while publications are on their way: each succeeds afterwards, and is there once', async () => {
    const arena = arenas.open('publications through a restart')
    const { why } = arena
    const redis = await startRedis('always')
    await arena.consumer({ url: server.url })
    const producer = await arena.producer({ url: server.url, inFlight: 200, pause: 200 })
    for (let i = 0; i < 2; i++) {
      await arena.moreAcks(arena.chance.between(200, 600))
      await crash(arena, redis, 'always')
    }
    await arena.moreAcks(200)
    await producer.stop()
    await arena.drain(redis)
    expect(await arena.judge(redis), why).toMatchObject(CLEAN)
    const { attempted, acked } = arena.books()
    expect(acked.size, why).toBe(attempted.size)
    const entries = (await redis.xrange(STREAM, '-', '+')) as [string, string[]][]
    const ids = entries.map(([, fields]) => fields[1] as string)
    expect(ids.length, why).toBe(new Set(ids).size)
    expect(new Set(ids), why).toEqual(attempted)
  })
})

describe('the event bus, Redis paused', () => {
  it('for six seconds: reads and publications recover, nothing is lost, nothing goes to the dead letters', async () => {
    const arena = arenas.open('Redis paused')
    const { chance, why } = arena
    const redis = await startRedis('none')
    await Promise.all([arena.consumer({ url: server.url }), arena.consumer({ url: server.url })])
    const producer = await arena.producer({ url: server.url })
    await arena.moreAcks(chance.between(100, 300))
    const pid = server.pid()
    process.kill(pid, 'SIGSTOP')
    await new Promise((later) => setTimeout(later, 6_000))
    process.kill(pid, 'SIGCONT')
    const resumedAt = Date.now()
    await arena.moreAcks(300)
    await producer.stop()
    await arena.drain(redis)
    expect(await arena.judge(redis), why).toMatchObject(CLEAN)
    const late = arena.books().handled.filter(({ delivery }) => delivery > 1)
    const slowest = Math.max(0, ...late.map(({ at }) => at - resumedAt))
    process.stderr.write(`${why}: ${late.length} redelivered, the last ${slowest} ms after it went on\n`)
  })

  it('while consumers wait for events: what is published afterwards is delivered to them at once', async () => {
    const arena = arenas.open('Redis paused, nothing to do')
    const { why } = arena
    const redis = await startRedis('none')
    await arena.consumer({ url: server.url })
    const pid = server.pid()
    process.kill(pid, 'SIGSTOP')
    await new Promise((later) => setTimeout(later, 6_000))
    process.kill(pid, 'SIGCONT')
    await redis.ping()
    const producer = await arena.producer({ url: server.url })
    await arena.moreAcks(100)
    await producer.stop()
    await arena.drain(redis)
    expect(await arena.judge(redis), why).toMatchObject({ ...CLEAN, duplicates: 0 })
    expect(
      arena.books().handled.filter(({ delivery }) => delivery > 1),
      why,
    ).toEqual([])
  })
})
