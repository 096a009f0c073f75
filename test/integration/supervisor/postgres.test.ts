import { readFileSync, statSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { pino } from 'pino'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { z } from 'zod'
import type { Facts } from '../../../src/runtime/evaluation/index.ts'
import { createCloser, databaseSettings } from '../../../src/runtime/kernel/index.ts'
import { openDatabase } from '../../../src/runtime/platform/sql/index.ts'
import { settingsOf } from '../../../src/runtime/settings.ts'
import { type Serve, startServe } from '../../../src/runtime/supervisor/index.ts'
import { createTestDatabase } from '../../support/postgres.ts'
import { startTestRedis, type TestRedis } from '../../support/redis.ts'
import { lifeOf } from '../../support/storage.ts'
import { countRows, openReporter, queryRows } from '../../support/storage-role.ts'

const PATIENCE = { timeout: 40_000, interval: 100 }
const bin = fileURLToPath(new URL('storage-program.child.ts', import.meta.url))
let redis: TestRedis
let state: string
let closer = createCloser()
beforeAll(async () => {
  redis = await startTestRedis()
})
afterAll(() => redis.close())
beforeEach(async () => {
  closer = createCloser()
  state = closer.add(await mkdtemp(join(tmpdir(), 'agentctl-serve-')), (folder) =>
    rm(folder, { recursive: true, force: true, maxRetries: 20, retryDelay: 100 }),
  )
})
afterEach(() => closer.close())

async function serve(more: { ephemeral?: boolean; databaseUrl?: string } = {}): Promise<Serve> {
  const running = await startServe({
    bin,
    plan: new Map([['storage', 1]]),
    stateDir: state,
    ephemeral: false,
    redisUrl: redis.url,
    host: '127.0.0.1',
    port: 0,
    parts: [{ name: 'storage', role: 'storage', args: [] }],
    partArgs: {},
    logLevel: 'info',
    drainTimeout: 10_000,
    say: () => {},
    signal: new AbortController().signal,
    onLog: () => {},
    onDown: () => {},
    onSupervisor: () => {},
    ...more,
  })
  return closer.add(running, (opened) => opened.stop())
}

const urlOf = () => settingsOf(z.object(databaseSettings), {}, state).values.databaseUrl ?? ''
const find = (running: Serve, role: string) => running.status().replicas.find((one) => one.role === role)
const report = async (...reports: Facts[]) => {
  const reporter = openReporter(redis)
  await reporter.report(...reports)
  await reporter.close()
}

describe('a serve that stores', () => {
  it('brings a PostgreSQL of its own, keeps it running, and keeps its data', async () => {
    const first = await serve()
    expect(find(first, 'postgres')).toMatchObject({
      state: 'ready',
      facts: { url: expect.stringContaining(':***@') },
    })
    expect(first.status().urls.postgres).toContain(':***@')
    const url = urlOf()
    expect(statSync(join(state, 'serve.json')).mode & 0o077).toBe(0)
    await report(...lifeOf('one'))
    await expect.poll(() => countRows(url), PATIENCE).toEqual({ rows: 1, whole: 1 })
    process.kill(find(first, 'postgres')?.pid ?? 0, 'SIGKILL')
    await report(...lifeOf('two'))
    await expect.poll(() => countRows(url).catch(() => undefined), PATIENCE).toEqual({ rows: 2, whole: 2 })
    await first.stop()
    const log = readFileSync(join(state, 'postgres.log'), 'utf8')
    expect(log).toContain('database system is shut down')
    await serve()
    expect(new URL(urlOf()).password).toBe(new URL(url).password)
    expect(await queryRows(urlOf(), 'SELECT eval_id FROM evaluations ORDER BY 1')).toEqual([
      { eval_id: 'one' },
      { eval_id: 'two' },
    ])
  })

  it('keeps nothing when it is ephemeral, though its rows outlive a crash of the server', async () => {
    const running = await serve({ ephemeral: true })
    const url = urlOf()
    await report(...lifeOf('three'))
    await expect
      .poll(() => queryRows(url, `SELECT 1 FROM evaluations WHERE eval_id = 'three'`), PATIENCE)
      .toHaveLength(1)
    process.kill(find(running, 'postgres')?.pid ?? 0, 'SIGKILL')
    await expect
      .poll(
        () => queryRows(url, `SELECT 1 FROM evaluations WHERE eval_id = 'three'`).catch(() => []),
        PATIENCE,
      )
      .toHaveLength(1)
    await running.stop()
    for (const file of ['postgres', 'ephemeral']) expect(() => statSync(join(state, file))).toThrow(/ENOENT/)
  })

  it('uses the database it is given', async () => {
    const place = closer.add(await createTestDatabase(), (database) => database.drop())
    const running = await serve({ databaseUrl: place.url })
    expect(find(running, 'postgres')).toBeUndefined()
    expect(urlOf()).toBe(place.url)
    await report(...lifeOf('four'))
    await expect
      .poll(() => queryRows(place.url, `SELECT 1 FROM evaluations WHERE eval_id = 'four'`), PATIENCE)
      .toHaveLength(1)
    await running.stop()
    const database = openDatabase({ url: place.url, name: 'test', log: pino({ level: 'silent' }) })
    await database.ping()
    await database.close()
  })
})
