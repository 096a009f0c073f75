import { pino } from 'pino'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { createCloser } from '../../../src/runtime/kernel/index.ts'
import { openDatabase, openListener, sql } from '../../../src/runtime/platform/sql/index.ts'
import { execute, startTestPostgres, type TestPostgres } from '../../support/postgres.ts'

const PATIENCE = { timeout: 40_000, interval: 50 }
const log = pino({ level: 'silent' })
const closer = createCloser()
let postgres: TestPostgres
beforeAll(async () => {
  postgres = closer.add(await startTestPostgres(), (server) => server.close())
})
afterAll(() => closer.close())

it('hears what is notified, and is told when something may have been missed', async () => {
  const heard: (string | undefined)[] = []
  const listener = openListener({
    ...{ url: postgres.url, channel: 'news', name: 'test', log },
    onNotify: (payload) => heard.push(payload),
  })
  try {
    await expect.poll(() => heard, PATIENCE).toEqual([undefined])
    await execute(postgres.url, "NOTIFY news, 'first'")
    await execute(postgres.url, "NOTIFY other, 'not this'")
    await expect.poll(() => heard, PATIENCE).toEqual([undefined, 'first'])
    await postgres.kill()
    await postgres.start()
    await expect.poll(() => heard, PATIENCE).toEqual([undefined, 'first', undefined])
    await execute(postgres.url, "NOTIFY news, 'second'")
    await expect.poll(() => heard.at(-1), PATIENCE).toBe('second')
  } finally {
    await listener.close()
  }
})

it('is closed while the server does nothing', async () => {
  const heard: (string | undefined)[] = []
  const listener = openListener({
    ...{ url: postgres.url, channel: 'news', name: 'frozen', log },
    onNotify: (payload) => heard.push(payload),
  })
  await expect.poll(() => heard, PATIENCE).toEqual([undefined])
  const database = openDatabase({ url: postgres.url, name: 'test', max: 1, log })
  try {
    const { rows } = await sql<{ pid: number }>`
      SELECT pid FROM pg_stat_activity WHERE application_name = 'agentctl:frozen'`.execute(database.db)
    const [{ pid }] = rows as [{ pid: number }]
    process.kill(pid, 'SIGSTOP')
    await listener.close().finally(() => process.kill(pid, 'SIGCONT'))
  } finally {
    await database.close()
  }
})

it('is closed while there is no server, and waits for one that comes later', async () => {
  await postgres.kill()
  const heard: (string | undefined)[] = []
  const open = () =>
    openListener({
      ...{ url: postgres.url, channel: 'news', name: 'test', log },
      onNotify: (payload) => heard.push(payload),
    })
  await open().close()
  const listener = open()
  await postgres.start()
  await expect.poll(() => heard, PATIENCE).toEqual([undefined])
  await listener.close()
})
