import { pino } from 'pino'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Facts } from '../../../src/runtime/evaluation/index.ts'
import { type Database, migrateDatabase, openDatabase } from '../../../src/runtime/platform/sql/index.ts'
import { type OpenRows, openEvaluationRows } from '../../../src/runtime/storage/index.ts'
import { upsertEvaluations } from '../../../src/runtime/storage/rows.ts'
import { migrations, type StorageTables } from '../../../src/runtime/storage/schema.ts'
import { createTestDatabase, type TestDatabase } from '../../support/postgres.ts'
import { lifeOf } from '../../support/storage.ts'

const log = pino({ level: 'silent' })
let place: TestDatabase
let database: Database<StorageTables>
let open: OpenRows
beforeAll(async () => {
  place = await createTestDatabase()
  database = openDatabase({ url: place.url, name: 'test', log })
  open = await openEvaluationRows({ url: place.url, name: 'gateway-1', log })
})
afterAll(async () => {
  await open.close()
  await database.close()
  await place.drop()
})

const pages = async (limit: number, status?: 'queued' | 'completed') => {
  const found: string[][] = []
  let after: string | undefined
  do {
    const page = await open.rows.list({ limit, ...(status && { status }), ...(after && { after }) })
    found.push(page.evaluations.map(({ eval_id }) => eval_id))
    after = page.next
  } while (after !== undefined)
  return found
}

describe('the rows of evaluations', () => {
  it('are none before there is a table', async () => {
    expect(await open.rows.get('e')).toBeUndefined()
    expect(await open.rows.list({ limit: 10 })).toEqual({ evaluations: [] })
    await migrateDatabase(database.db, 'storage', migrations)
    expect(await open.rows.get('e')).toBeUndefined()
  })

  it('are read whole', async () => {
    await upsertEvaluations(database.db, lifeOf('e0', 0))
    expect(await open.rows.get('e0')).toEqual({
      ...{ eval_id: 'e0', seq: 1_000, status: 'completed', language: 'python', code: 'print(0)' },
      ...{ args: ['a b', 'ü"'], priority: 'normal', stdin_bytes: 3 },
      limits: { wall_ms: 10_000, cpu_ms: 5_000, memory_mb: 128, output_bytes: 65_536, pids: 64 },
      queued_at: '2026-11-21T12:00:00.000Z',
      started_at: '2026-11-21T12:00:00.020Z',
      finished_at: '2026-11-21T12:00:00.030Z',
      ...{ attempts: 2, worker: 'worker-2', executor: 'http://127.0.0.1:1', backend: 'deno' },
      ...{ exit_code: 0, stdout: '0\n', stderr: '', truncated: false, oom_seen: false, duration_ms: 12.5 },
    })
  })

  it('are listed newest first, page by page, also those of the same millisecond', async () => {
    const sameTime = ['e3', 'e4', 'e5'].flatMap((id) => lifeOf(id, 3).slice(0, 1))
    await upsertEvaluations(database.db, [...lifeOf('e1', 1).slice(0, 1), ...lifeOf('e2', 2), ...sameTime])
    expect(await pages(2)).toEqual([
      ['e5', 'e4'],
      ['e3', 'e2'],
      ['e1', 'e0'],
    ])
    expect(await pages(4)).toEqual([
      ['e5', 'e4', 'e3', 'e2'],
      ['e1', 'e0'],
    ])
    expect(await pages(6)).toEqual([['e5', 'e4', 'e3', 'e2', 'e1', 'e0']])
    expect(await pages(1, 'completed')).toEqual([['e2'], ['e0']])
    expect(await pages(10, 'queued')).toEqual([['e5', 'e4', 'e3', 'e1']])
  })

  it('are listed without what they wrote', async () => {
    const { evaluations } = await open.rows.list({ limit: 1, status: 'completed' })
    expect(evaluations).toEqual([
      {
        ...{ eval_id: 'e2', status: 'completed', reason: null, detail: null, language: 'python' },
        ...{ priority: 'normal', exit_code: 0, signal: null, truncated: false, oom_seen: false },
        ...{ duration_ms: 12.5, attempts: 2, backend: 'deno' },
        queued_at: '2026-11-21T12:00:00.002Z',
        started_at: '2026-11-21T12:00:00.022Z',
        finished_at: '2026-11-21T12:00:00.032Z',
      },
    ])
  })

  it('that are known by their end alone are in lists too, and find their place when more is known', async () => {
    await upsertEvaluations(database.db, [{ eval_id: 'e9', seq: 1_000, status: 'cancelled' }])
    expect((await pages(10))[0]?.[0]).toBe('e9')
    await upsertEvaluations(database.db, [{ ...(lifeOf('e9', -1)[0] as Facts) }])
    expect((await pages(10))[0]?.at(-1)).toBe('e9')
  })

  it.each(['nonsense', 'W10', Buffer.from('["now","e1"]').toString('base64url')])(
    'are not listed after %j',
    async (after) => {
      await expect(async () => open.rows.list({ limit: 1, after })).rejects.toMatchObject({
        code: 'EVAL_CURSOR_INVALID',
        status: 400,
      })
    },
  )

  it('are away when the database is, or lets nobody in', async () => {
    const spoil = [
      (url: URL) => Object.assign(url, { port: '1' }),
      (url: URL) => Object.assign(url, { password: 'wrong' }),
    ]
    for (const change of spoil) {
      const other = await openEvaluationRows({ url: change(new URL(place.url)).href, name: 'test', log })
      const away = { code: 'EVAL_ROWS_AWAY', status: 503 }
      await expect(other.rows.get('e0')).rejects.toMatchObject(away)
      await expect(other.rows.list({ limit: 1 })).rejects.toMatchObject(away)
      await other.close()
    }
  })
})
