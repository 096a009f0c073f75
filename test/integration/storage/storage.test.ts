import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { type Facts, recordKey } from '../../../src/runtime/evaluation/index.ts'
import { createCloser } from '../../../src/runtime/kernel/index.ts'
import { createTestDatabase, execute, type TestDatabase } from '../../support/postgres.ts'
import { startTestRedis, type TestRedis } from '../../support/redis.ts'
import { lifeOf } from '../../support/storage.ts'
import { countRows, openReporter, openStorage, queryRows, storeRows } from '../../support/storage-role.ts'

const PATIENCE = { timeout: 30_000, interval: 50 }
let redis: TestRedis
let place: TestDatabase
let reporter: ReturnType<typeof openReporter>
let closer = createCloser()
beforeAll(async () => {
  redis = await startTestRedis()
})
afterAll(() => redis.close())
beforeEach(async () => {
  closer = createCloser()
  place = closer.add(await createTestDatabase(), (database) => database.drop())
  reporter = closer.add(openReporter(redis), (opened) => opened.close())
  await reporter.redis.flushall()
})
afterEach(() => closer.close())

async function start(more: Record<string, unknown> = {}, url = place.url) {
  const { starting, lines } = openStorage(redis, url, more)
  const role = closer.add(await starting, (running) => running.stop())
  return { role, lines }
}

const letters = () => reporter.redis.keys('agent:dlq:*')

/** What storage has told, by way of the channels. */
async function listen() {
  const heard: [string, { eval_id: string; status: string; seq: number }][] = []
  const listener = redis.connect('subscriber')
  listener.on('message', (channel: string, message: string) => heard.push([channel, JSON.parse(message)]))
  await listener.subscribe('storage:evaluation:created', 'storage:evaluation:updated')
  return heard
}

describe('storage', () => {
  it('stores what was reported before it was there, in any order, with repetitions', async () => {
    const lives = Array.from({ length: 1_000 }, (_, i) => lifeOf(`e${i}`, i))
    const mixed = lives.flat().toSorted((a, b) => ((a.seq * 31 + a.eval_id.length) % 7) - ((b.seq * 31) % 7))
    await reporter.report(...mixed)
    await reporter.report(...mixed.slice(0, 500))
    await start()
    await expect.poll(() => countRows(place.url), PATIENCE).toEqual({ rows: 1_000, whole: 1_000 })
    expect(await queryRows(place.url, 'SELECT status, count(*) FROM evaluations GROUP BY 1')).toEqual([
      { status: 'completed', count: 1_000 },
    ])
    expect(await letters()).toEqual([])
  })

  it('tells of rows, lets go of records of what has ended, and of no others', async () => {
    const heard = await listen()
    const [queued, , , ended] = lifeOf('e') as [Facts, Facts, Facts, Facts]
    await reporter.redis.hset(recordKey('e'), { status: 'running' })
    await reporter.redis.hset(recordKey('other'), { status: 'completed' })
    for (const key of ['e', 'other']) await reporter.redis.pexpire(recordKey(key), 1_000_000)
    await start()
    await reporter.report(queued)
    await expect.poll(() => heard, PATIENCE).toHaveLength(1)
    expect(await reporter.redis.pttl(recordKey('e'))).toBeGreaterThan(60_000)
    await reporter.redis.hset(recordKey('e'), { status: 'completed' })
    await reporter.report(ended)
    await expect
      .poll(() => heard, PATIENCE)
      .toEqual([
        ['storage:evaluation:created', { eval_id: 'e', status: 'queued', seq: 1 }],
        ['storage:evaluation:updated', { eval_id: 'e', status: 'completed', seq: 1_000 }],
      ])
    await expect.poll(() => reporter.redis.pttl(recordKey('e')), PATIENCE).toBeLessThanOrEqual(60_000)
    expect(await reporter.redis.pttl(recordKey('other'))).toBeGreaterThan(60_000)
    const { events } = await reporter.bus.history('storage.evaluation.created')
    expect(events.map(({ eventId, data }) => [eventId, data])).toEqual([
      ['e.created', { eval_id: 'e', status: 'queued', seq: 1 }],
    ])
  })

  it('takes output that did not fit into its event from the record, and says when that has gone', async () => {
    const ended = lifeOf('e')[3] as Facts
    const { stdout, stderr, ...rest } = ended
    const long = 'é\n'.repeat(700_000)
    await reporter.redis.hset(recordKey('e'), {
      status: 'completed',
      ended: JSON.stringify({ ...ended, stdout: long, stderr: 'e' }),
    })
    await reporter.report({ ...rest, output_in_record: true })
    await reporter.report({ ...rest, eval_id: 'gone', output_in_record: true })
    const { lines } = await start()
    await expect.poll(() => countRows(place.url), PATIENCE).toMatchObject({ rows: 2 })
    expect(
      await queryRows(
        place.url,
        'SELECT eval_id, length(stdout) AS out, stderr, truncated FROM evaluations ORDER BY 1',
      ),
    ).toEqual([
      { eval_id: 'e', out: long.length, stderr: 'e', truncated: false },
      { eval_id: 'gone', out: null, stderr: null, truncated: true },
    ])
    expect(lines.map(({ msg }) => msg)).toContainEqual(expect.stringContaining('its output is lost'))
  })

  it('sends what no row can be made of to the dead letters, with its reason, and stores all else', async () => {
    const lives = Array.from({ length: 200 }, (_, i) => lifeOf(`e${i}`, i)[3] as Facts)
    await reporter.report(...lives, { ...(lives[7] as Facts), eval_id: 'large', exit_code: 2 ** 40 })
    await reporter.bus.publish('evaluation.completed', { eval_id: 'odd', status: 'finished' })
    await start()
    await expect.poll(() => countRows(place.url), PATIENCE).toMatchObject({ rows: 200 })
    await expect.poll(() => reporter.redis.xlen('agent:dlq:evaluation.completed'), PATIENCE).toBe(2)
    const text = JSON.stringify(await reporter.redis.xrange('agent:dlq:evaluation.completed', '-', '+'))
    expect(text).toContain('out of range')
    expect(text).toContain('no report on an evaluation: seq')
  })

  it('shares the work with others, each row once', async () => {
    const heard = await listen()
    await Promise.all([start(), start()])
    const lives = Array.from({ length: 300 }, (_, i) => lifeOf(`e${i}`, i))
    await reporter.report(...lives.flat())
    await expect.poll(() => countRows(place.url), PATIENCE).toEqual({ rows: 300, whole: 300 })
    const created = () =>
      heard.filter(([channel]) => channel.endsWith('created')).map(([, { eval_id }]) => eval_id)
    await expect.poll(() => created().length, PATIENCE).toBe(300)
    expect(new Set(created()).size).toBe(300)
  })

  it('tells again what may not have been told, and makes no second event of it', async () => {
    const heard = await listen()
    const [queued, , , ended] = lifeOf('e') as [Facts, Facts, Facts, Facts]
    // A predecessor has stored this row, and ended before it told anybody.
    const { role } = await start()
    await role.stop()
    await storeRows(place.url, [queued, ended])
    await start()
    await reporter.report(queued)
    await expect
      .poll(() => heard.map(([channel]) => channel), PATIENCE)
      .toContain('storage:evaluation:created')
    await reporter.report(ended)
    await expect.poll(() => reporter.redis.xlen('agent:stream:storage.evaluation.updated'), PATIENCE).toBe(1)
    expect(await reporter.redis.xlen('agent:stream:storage.evaluation.created')).toBe(1)
    expect(heard.filter(([channel]) => channel.endsWith('created'))).toHaveLength(1)
  })

  it('finishes what it has taken when it is stopped', async () => {
    const lives = Array.from({ length: 500 }, (_, i) => lifeOf(`e${i}`, i))
    const { role } = await start()
    await reporter.report(...lives.flat())
    await expect.poll(async () => (await countRows(place.url)).rows, PATIENCE).toBeGreaterThan(0)
    await role.stop()
    await start()
    await expect.poll(() => countRows(place.url), PATIENCE).toEqual({ rows: 500, whole: 500 })
  })

  it('makes its table again when the database was made anew', async () => {
    const { lines } = await start()
    await reporter.report(lifeOf('one')[0] as Facts)
    await expect.poll(() => countRows(place.url), PATIENCE).toMatchObject({ rows: 1 })
    await execute(place.url, 'DROP SCHEMA public CASCADE; CREATE SCHEMA public')
    await reporter.report(lifeOf('two')[0] as Facts)
    await expect.poll(() => countRows(place.url), PATIENCE).toMatchObject({ rows: 1 })
    expect(lines.map(({ msg }) => msg)).toContainEqual(expect.stringContaining('the tables were brought up'))
  })

  it('tells its figures', async () => {
    const { role } = await start({ metricsPort: 0 })
    await reporter.report(...lifeOf('e'))
    await expect.poll(() => countRows(place.url), PATIENCE).toEqual({ rows: 1, whole: 1 })
    const page = async () => (await fetch(role.facts.metrics ?? '')).text()
    // All of them are counted a moment after the rows are there.
    for (const figure of [
      /agentctl_storage_rows_total\{change="created",role="storage"\} 1/,
      /agentctl_storage_lag_seconds_count\{role="storage"\} [1-4]/,
      /agentctl_storage_waiting\{role="storage"\} 0/,
    ])
      await expect.poll(page, PATIENCE).toMatch(figure)
    const ready = await fetch((role.facts.metrics ?? '').replace('/metrics', '/ready'))
    expect(ready.status).toBe(200)
  })

  it('tells its figures where it was told to, such as to all that reach a container', async () => {
    const { role } = await start({ metricsPort: 0, metricsHost: '0.0.0.0' })
    const page = new URL(role.facts.metrics ?? '')
    page.hostname = '127.0.0.2'
    expect((await fetch(page)).status).toBe(200)
  })
})

describe('storage that has no database', () => {
  it('says so', async () => {
    const { starting } = openStorage(redis, place.url, { databaseUrl: undefined })
    await expect(starting).rejects.toMatchObject({ code: 'DATABASE_URL_MISSING', kind: 'usage' })
  })

  it('says that it is refused', async () => {
    const url = new URL(place.url)
    url.password = 'wrong'
    const { starting } = openStorage(redis, url.href)
    await expect(starting).rejects.toMatchObject({ code: 'DATABASE_REFUSED' })
  })
})
