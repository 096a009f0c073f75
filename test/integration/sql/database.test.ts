import { once } from 'node:events'
import { type AddressInfo, createServer } from 'node:net'
import { pino } from 'pino'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import {
  asDatabaseError,
  type Database,
  isDatabaseAway,
  openDatabase,
  sql,
} from '../../../src/runtime/platform/sql/index.ts'
import { createTestDatabase, type TestDatabase } from '../../support/postgres.ts'

const log = pino({ level: 'silent' })
let place: TestDatabase
let database: Database<unknown>
beforeAll(async () => {
  place = await createTestDatabase()
  database = openDatabase({ url: place.url, name: 'check', log })
})
afterAll(async () => {
  await database.close()
  await place.drop()
})

describe('a database', () => {
  it('gives values in forms that lose nothing', async () => {
    const { rows } = await sql`SELECT
      '2026-11-21T12:00:00.123+02'::timestamptz AS zoned,
      '2026-11-21T12:00:00.5'::timestamp AS plain,
      'infinity'::timestamptz AS never,
      9007199254740991::bigint AS safe,
      9007199254740993::bigint AS large,
      12.340::numeric AS amount,
      '{"a":1}'::jsonb AS json,
      NULL::timestamptz AS nothing`.execute(database.db)
    expect(rows).toEqual([
      {
        zoned: '2026-11-21T10:00:00.123Z',
        plain: '2026-11-21T12:00:00.500Z',
        never: 'infinity',
        safe: 9_007_199_254_740_991,
        large: '9007199254740993',
        amount: '12.340',
        json: { a: 1 },
        nothing: null,
      },
    ])
  })

  it('is called after who uses it', async () => {
    const { rows } = await sql`SHOW application_name`.execute(database.db)
    expect(rows).toEqual([{ application_name: 'agentctl:check' }])
  })

  it('says that it is away, or that it lets nobody in', async () => {
    const cases = [
      [(url: URL) => url.searchParams.set('port', '1'), 'DATABASE_UNREACHABLE'],
      [(url: URL) => Object.assign(url, { password: 'wrong' }), 'DATABASE_REFUSED'],
      [(url: URL) => Object.assign(url, { password: '' }), 'DATABASE_REFUSED'],
      [(url: URL) => Object.assign(url, { pathname: '/nowhere' }), 'DATABASE_REFUSED'],
    ] as const
    for (const [spoil, code] of cases) {
      const url = new URL(place.url)
      spoil(url)
      if (code === 'DATABASE_UNREACHABLE') url.port = '1'
      const other = openDatabase({ url: url.href, name: 'test', log })
      const error = await other.ping().catch((failure) => failure)
      expect(error).toMatchObject({ code })
      expect(error.message).not.toContain(new URL(place.url).password)
      await other.close()
    }
  })

  it('outlives its connections, in use and idle', async () => {
    const end = async () => {
      await sql`SELECT pg_terminate_backend(pid) FROM pg_stat_activity
        WHERE datname = current_database() AND pid <> pg_backend_pid()`.execute(database.db)
    }
    const other = openDatabase({ url: place.url, name: 'other', max: 2, log })
    await other.ping()
    await end()
    // The one that idled may be found dead first.
    await other.ping().catch((error) => expect(isDatabaseAway(error)).toBe(true))
    await other.ping()
    const asked = other.db.transaction().execute(async (transaction) => {
      await end()
      await sql`SELECT 1`.execute(transaction)
    })
    expect(isDatabaseAway(await asked.catch((error) => error))).toBe(true)
    await other.ping()
    await other.close()
  })

  it('ends statements that take too long', async () => {
    const hasty = openDatabase({ url: place.url, name: 'test', timeout: 100, log })
    await expect(sql`SELECT pg_sleep(60)`.execute(hasty.db)).rejects.toMatchObject({ code: '57014' })
    await hasty.close()
  })

  it('does not wait for a lock for longer than it may', async () => {
    await sql`CREATE TABLE held (id integer)`.execute(database.db)
    const waiting = openDatabase({ url: place.url, name: 'waiting', lockTimeout: 100, log })
    await database.db.transaction().execute(async (trx) => {
      await sql`LOCK TABLE held`.execute(trx)
      const refused = await sql`SELECT * FROM held`.execute(waiting.db).catch((error: unknown) => error)
      expect(refused).toMatchObject({ code: '55P03' })
      expect(asDatabaseError(refused, place.url)).toMatchObject({ code: 'DATABASE_UNREACHABLE' })
    })
    await waiting.close()
  })

  it('is closed once, however often that is asked, and whether it was used or not', async () => {
    const unused = openDatabase({ url: place.url, name: 'test', log })
    await Promise.all([unused.close(), unused.close()])
    await unused.close()
  })
})

describe('a server that is there', () => {
  it('may end a connection in the same breath in which it has let it in', async () => {
    // AuthenticationOk, ReadyForQuery, ErrorResponse
    const fields = 'SFATAL\0C57P01\0Mgoing away\0\0'
    const length = Buffer.alloc(4)
    length.writeInt32BE(fields.length + 4)
    const answer = Buffer.concat([
      Buffer.from('R\0\0\0\x08\0\0\0\0Z\0\0\0\x05IE', 'latin1'),
      length,
      Buffer.from(fields),
    ])
    const server = createServer((socket) => {
      socket.on('error', () => {})
      socket.once('data', () => socket.end(answer))
    })
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    const { port } = server.address() as AddressInfo
    const url = `postgres://u:p@127.0.0.1:${port}/d`
    const rude = openDatabase({ url, name: 'rude', log })
    try {
      await expect(rude.ping()).rejects.toMatchObject({ code: 'DATABASE_UNREACHABLE' })
    } finally {
      await rude.close()
      server.close()
      await once(server, 'close')
    }
  })

  it('may do nothing at all: connections that rest are closed all the same', async () => {
    const frozen = openDatabase({ url: place.url, name: 'frozen', log })
    const { rows } = await sql<{ pid: number }>`SELECT pg_backend_pid() AS pid`.execute(frozen.db)
    const [{ pid }] = rows as [{ pid: number }]
    process.kill(pid, 'SIGSTOP')
    await frozen.close().finally(() => process.kill(pid, 'SIGCONT'))
  })
})
