import { pino } from 'pino'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import type { Facts } from '../../../src/runtime/evaluation/index.ts'
import { type Database, migrateDatabase, openDatabase, sql } from '../../../src/runtime/platform/sql/index.ts'
import { createEvaluationRows } from '../../../src/runtime/storage/reader.ts'
import { upsertEvaluations } from '../../../src/runtime/storage/rows.ts'
import { migrations, type StorageTables } from '../../../src/runtime/storage/schema.ts'
import { storeReports } from '../../../src/runtime/storage/store.ts'
import { createTestDatabase, type TestDatabase } from '../../support/postgres.ts'
import { lifeOf } from '../../support/storage.ts'

const log = pino({ level: 'silent' })
let place: TestDatabase
let database: Database<StorageTables>
beforeAll(async () => {
  place = await createTestDatabase()
  database = openDatabase({ url: place.url, name: 'test', log })
  await migrateDatabase(database.db, 'storage', migrations)
})
afterAll(async () => {
  await database.close()
  await place.drop()
})
beforeEach(async () => {
  await sql`TRUNCATE evaluations`.execute(database.db)
})

const read = (id: string) => createEvaluationRows(database).get(id)
const store = (...reports: Facts[]) => upsertEvaluations(database.db, reports)

function* orders<T>(items: readonly T[]): Generator<T[]> {
  if (items.length === 0) yield []
  for (const [i, item] of items.entries())
    for (const rest of orders(items.toSpliced(i, 1))) yield [item, ...rest]
}

/** All ways to cut a list into pieces. */
function* cuts<T>(items: readonly T[]): Generator<T[][]> {
  if (items.length === 0) yield []
  for (let size = 1; size <= items.length; size++)
    for (const rest of cuts(items.slice(size))) yield [items.slice(0, size), ...rest]
}

describe('rows', () => {
  it('are the same in whatever order, and in whatever batches, reports come', async () => {
    const life = lifeOf('e')
    const [, , second] = life
    const expected = Object.fromEntries(
      Object.entries({
        ...Object.assign({}, ...life),
        started_at: second?.started_at,
        worker: 'worker-2',
      }).filter(([, value]) => value !== null),
    )
    let ways = 0
    for (const order of orders(life)) {
      for (const batches of cuts(order)) {
        const changes: string[] = []
        for (const batch of batches) changes.push(...(await store(...batch)).map(({ change }) => change))
        expect(changes).toEqual(['created', ...Array(batches.length - 1).fill('updated')])
        expect(await read('e')).toEqual(expected)
        expect(await store(...order.slice(1))).toEqual([
          { eval_id: 'e', seq: 1_000, status: 'completed', change: 'known' },
        ])
        await sql`DELETE FROM evaluations`.execute(database.db)
        ways++
      }
    }
    expect(ways).toBe(192)
  })

  it('do not change by repetition, not even when they were last changed', async () => {
    await store(...lifeOf('e'))
    const all = () => database.db.selectFrom('evaluations').selectAll().execute()
    const before = await all()
    await store(...lifeOf('e'))
    for (const report of lifeOf('e')) await store(report)
    expect(await all()).toEqual(before)
  })

  it('tell when they are created and when they learn something', async () => {
    const [queued, first, , ended] = lifeOf('e') as [Facts, Facts, Facts, Facts]
    expect(await store(first)).toEqual([{ eval_id: 'e', seq: 2, status: 'running', change: 'created' }])
    expect(await store(queued)).toEqual([{ eval_id: 'e', seq: 2, status: 'running', change: 'updated' }])
    expect(await store(ended, queued)).toEqual([
      { eval_id: 'e', seq: 1_000, status: 'completed', change: 'updated' },
    ])
  })

  it('take thousands in one statement', async () => {
    const lives = Array.from({ length: 5_000 }, (_, i) => lifeOf(`e${i}`, i))
    expect(await store(...lives.flat())).toHaveLength(5_000)
    const { rows } = await sql`SELECT count(*), sum(cardinality(seqs)) AS reports FROM evaluations`.execute(
      database.db,
    )
    expect(rows).toEqual([{ count: 5_000, reports: 20_000 }])
  })

  it('of two who write the same ones at once, in opposite order, are written without a deadlock', async () => {
    const lives = Array.from({ length: 300 }, (_, i) => lifeOf(`e${i}`, i))
    const write = (part: number) =>
      store(...(part % 2 === 0 ? lives : lives.toReversed()).map((life) => life[part] as Facts))
    await Promise.all([0, 1, 2, 3].map(write))
    const { rows } = await sql`SELECT count(*) FROM evaluations WHERE cardinality(seqs) = 4`.execute(
      database.db,
    )
    expect(rows).toEqual([{ count: 300 }])
  })

  it('hold any text, with what PostgreSQL cannot hold replaced', async () => {
    const [queued] = lifeOf('e') as [Facts]
    await store({ ...queued, stdout: 'a\0b\ud83d \\u0000 😀\n', args: ['\udc00', '\\'], code: '"\'\\' })
    expect(await read('e')).toMatchObject({
      stdout: 'a\ufffdb\ufffd \\u0000 😀\n',
      args: ['\ufffd', '\\'],
      code: '"\'\\',
    })
  })
})

describe('reports that the database does not take', () => {
  const spoiled = (id: string): Facts => ({ ...(lifeOf(id)[3] as Facts), exit_code: 2 ** 40 })

  it('are set apart, and all others stored', async () => {
    const reports = Array.from({ length: 1_000 }, (_, i) =>
      i === 17 || i === 18 || i === 999 ? spoiled(`e${i}`) : (lifeOf(`e${i}`)[3] as Facts),
    )
    const { rows, refused } = await storeReports(database.db, reports)
    expect([...refused.keys()].map(({ eval_id }) => eval_id)).toEqual(['e17', 'e18', 'e999'])
    expect([...refused.values()].map(({ message }) => message)).toEqual(
      Array(3).fill(expect.stringContaining('out of range')),
    )
    expect(rows).toHaveLength(997)
  })

  it('take nothing along of the same evaluation', async () => {
    const [queued, running] = lifeOf('e') as [Facts, Facts]
    const { refused } = await storeReports(database.db, [queued, spoiled('e'), running])
    expect(refused.size).toBe(1)
    expect(await read('e')).toMatchObject({ status: 'running', code: 'print(0)' })
  })

  it('are stored in parts when they are large', async () => {
    const stdout = 'x'.repeat(1_000_000)
    const reports = Array.from({ length: 20 }, (_, i) => ({ ...(lifeOf(`e${i}`)[3] as Facts), stdout }))
    const { rows } = await storeReports(database.db, reports)
    expect(rows).toHaveLength(20)
    expect((await read('e19'))?.stdout).toBe(stdout)
  })
})
