import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { createCloser } from '../../../src/runtime/kernel/index.ts'
import { startTestPostgres, type TestPostgres } from '../../support/postgres.ts'
import { startTestRedis, type TestRedis } from '../../support/redis.ts'
import { lifeOf } from '../../support/storage.ts'
import { countRows, openReporter, openStorage } from '../../support/storage-role.ts'

const PATIENCE = { timeout: 40_000, interval: 100 }
let redis: TestRedis
let postgres: TestPostgres
let reporter: ReturnType<typeof openReporter>
let closer = createCloser()
beforeAll(async () => {
  redis = await startTestRedis(false)
})
afterAll(() => redis.close())
beforeEach(async () => {
  closer = createCloser()
  postgres = closer.add(await startTestPostgres(), (server) => server.close())
  reporter = closer.add(openReporter(redis), (opened) => opened.close())
  await reporter.redis.flushall()
})
afterEach(() => closer.close())

async function start(more: Record<string, unknown> = {}) {
  const { starting, lines } = openStorage(redis, postgres.url, more)
  const role = closer.add(await starting, (running) => running.stop())
  return { role, lines, said: (text: string) => lines.filter(({ msg }) => msg.includes(text)).length }
}

const lives = (count: number) => Array.from({ length: count }, (_, i) => lifeOf(`e${i}`, i))
const rows = () => countRows(postgres.url).catch(() => ({ rows: 0, whole: 0 }))

describe('storage', () => {
  it('loses nothing, and buries nothing, when the database is killed in the midst of its work', async () => {
    const { said } = await start({ batch: 50 })
    const all = lives(2_000).flat()
    const reporting = reporter.report(...all)
    for (let kills = 0; kills < 3; kills++) {
      const before = (await rows()).whole
      await expect
        .poll(async () => (await rows()).whole, PATIENCE)
        .toSatisfy((now) => now > before || now === 2_000)
      await postgres.kill()
      // So that there is something to be stored, however quick it was with all others.
      await reporter.report(
        ...lives(2_000 + kills + 1)
          .slice(-1)
          .flat(),
      )
      await expect.poll(() => said('the database takes nothing'), PATIENCE).toBeGreaterThan(kills)
      await postgres.start()
      await expect.poll(() => said('takes reports again'), PATIENCE).toBeGreaterThan(kills)
    }
    await reporting
    await expect.poll(rows, PATIENCE).toEqual({ rows: 2_003, whole: 2_003 })
    expect(await reporter.redis.keys('agent:dlq:*')).toEqual([])
  })

  it('starts without the database, says so once, and begins when it is there', async () => {
    await postgres.kill()
    await reporter.report(...lives(20).flat())
    const { role, said } = await start({ metricsPort: 0 })
    await expect.poll(() => said('waiting for the database'), PATIENCE).toBe(1)
    const ready = () =>
      fetch((role.facts.metrics ?? '').replace('/metrics', '/ready')).then(({ status }) => status)
    expect(await ready()).toBe(503)
    await postgres.start()
    await expect.poll(rows, PATIENCE).toEqual({ rows: 20, whole: 20 })
    expect(await ready()).toBe(200)
    expect(said('waiting for the database')).toBe(1)
    expect(said('the database is there')).toBe(1)
  })

  it('stops at once while the database is away, and goes on with the same events later', async () => {
    const { role, said } = await start()
    await reporter.report(...lives(1).flat())
    await expect.poll(rows, PATIENCE).toEqual({ rows: 1, whole: 1 })
    await postgres.kill()
    await reporter.report(...lives(20).slice(1).flat())
    await expect.poll(() => said('the database takes nothing'), PATIENCE).toBe(1)
    const began = performance.now()
    await role.stop()
    expect(performance.now() - began).toBeLessThan(20_000) // it would drain for 30 s
    await postgres.start()
    await start()
    await expect.poll(rows, PATIENCE).toEqual({ rows: 20, whole: 20 })
    expect(await reporter.redis.keys('agent:dlq:*')).toEqual([])
  })

  it('goes on after Redis was killed', async () => {
    const { said } = await start()
    await reporter.report(...lives(100).flat())
    await expect.poll(rows, PATIENCE).toEqual({ rows: 100, whole: 100 })
    await redis.kill()
    await redis.start()
    await reporter.report(...lives(200).slice(100).flat())
    await expect.poll(rows, PATIENCE).toEqual({ rows: 200, whole: 200 })
    expect(await reporter.redis.keys('agent:dlq:*')).toEqual([])
    expect(said('the database')).toBe(0)
  })
})
