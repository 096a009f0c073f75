import { pino } from 'pino'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { runStorageReplay } from '../../../src/cli/storage/run-storage-replay.ts'
import { type Facts, openRecords, recordKey } from '../../../src/runtime/evaluation/index.ts'
import { createCloser } from '../../../src/runtime/kernel/index.ts'
import { restoreEvaluations } from '../../../src/runtime/storage/index.ts'
import { createTestDatabase, type TestDatabase } from '../../support/postgres.ts'
import { startTestRedis, type TestRedis } from '../../support/redis.ts'
import { lifeOf } from '../../support/storage.ts'
import { countRows, openReporter, queryRows } from '../../support/storage-role.ts'

const log = pino({ level: 'silent' })
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

async function replay(more: Record<string, unknown> = {}, url = place.url) {
  const progress: number[] = []
  const result = await restoreEvaluations({
    ...{ bus: reporter.bus, records: await openRecords(reporter.redis), url, log, batch: 300 },
    onProgress: ({ read }) => progress.push(read),
    ...more,
  })
  return { result, progress }
}

describe('a replay of evaluations', () => {
  it('restores all rows in an empty database, and changes nothing when it is repeated', async () => {
    const lives = Array.from({ length: 1_000 }, (_, i) => lifeOf(`e${i}`, i))
    await reporter.report(...lives.flat())
    const { result, progress } = await replay()
    expect(result).toMatchObject({ read: 4_000, created: 1_000, known: 0, refused: 0 })
    expect(progress.length).toBeGreaterThan(10)
    expect(await countRows(place.url)).toEqual({ rows: 1_000, whole: 1_000 })
    const all = () => queryRows(place.url, 'SELECT * FROM evaluations ORDER BY eval_id')
    const before = await all()
    expect((await replay()).result).toMatchObject({ read: 4_000, created: 0, updated: 0, refused: 0 })
    expect(await all()).toEqual(before)
    // Nobody is told, and no group is touched.
    expect(await reporter.redis.keys('agent:stream:storage.*')).toEqual([])
    expect(await reporter.redis.xinfo('GROUPS', 'agent:stream:evaluation.queued')).toEqual([])
  })

  it('keeps to its range', async () => {
    const [first, second] = [lifeOf('one')[0] as Facts, lifeOf('two')[0] as Facts]
    await reporter.report(first)
    const { events } = await reporter.bus.history('evaluation.queued')
    const entry = events[0]?.entryId ?? ''
    await expect.poll(() => Date.now()).toBeGreaterThan(Number.parseInt(entry, 10) + 5)
    await reporter.report(second)
    const ids = () => queryRows<{ eval_id: string }>(place.url, 'SELECT eval_id FROM evaluations')
    await replay({ to: entry })
    expect(await ids()).toEqual([{ eval_id: 'one' }])
    const { result } = await replay({ from: new Date(Number.parseInt(entry, 10) + 2) })
    expect(result).toMatchObject({ read: 1, created: 1 })
  })

  it('leaves out what is no report and what the database does not take, and takes long output from records', async () => {
    const { stdout, stderr, ...rest } = lifeOf('e')[3] as Facts
    await reporter.redis.hset(recordKey('e'), { ended: JSON.stringify({ ...rest, stdout: 'long', stderr }) })
    await reporter.report(
      { ...rest, output_in_record: true },
      { ...rest, eval_id: 'bad', exit_code: 2 ** 40 },
    )
    await reporter.bus.publish('evaluation.queued', { odd: true })
    const { result } = await replay()
    expect(result).toEqual({ read: 3, created: 1, updated: 0, known: 0, refused: 2 })
    expect(await queryRows(place.url, 'SELECT eval_id, stdout FROM evaluations')).toEqual([
      { eval_id: 'e', stdout: 'long' },
    ])
  })

  it('says what it lacks', async () => {
    await reporter.report(lifeOf('e')[0] as Facts)
    const url = new URL(place.url)
    url.port = '1'
    await expect(replay({}, url.href)).rejects.toMatchObject({ code: 'DATABASE_UNREACHABLE' })
    await expect(replay({ from: 'yesterday' })).rejects.toMatchObject({ code: 'EVENT_CURSOR_INVALID' })
  })

  it('is a command too, which says how much it was', async () => {
    await reporter.report(...lifeOf('e'), ...lifeOf('f'))
    const said: string[] = []
    const flags = { 'redis-url': redis.url, 'database-url': place.url }
    const result = await runStorageReplay(flags, (text) => said.push(text))
    expect(result).toMatchObject({ read: 8, created: 2, refused: 0 })
    expect(said).toEqual([`8 events read: 2 rows created, ${result.updated} changes of rows.`])
    expect(await countRows(place.url)).toEqual({ rows: 2, whole: 2 })
  })
})
