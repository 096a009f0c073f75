import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { chmod, chown, mkdir, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { pino } from 'pino'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createCloser } from '../../../src/runtime/kernel/index.ts'
import { freePort, isAlive } from '../../../src/runtime/platform/process/index.ts'
import {
  type EmbeddedPostgres,
  embeddedPostgresUrl,
  findPostgres,
  openDatabase,
  sql,
  startEmbeddedPostgres,
} from '../../../src/runtime/platform/sql/index.ts'

const PATIENCE = { timeout: 20_000, interval: 50 }
const log = pino({ level: 'silent' })
let root: string
let dir: string
let closer = createCloser()
beforeEach(async () => {
  closer = createCloser()
  root = closer.add(await mkdtemp(join(tmpdir(), 'agentctl-embedded-')), (folder) =>
    rm(folder, { recursive: true, force: true, maxRetries: 20, retryDelay: 100 }),
  )
  dir = join(root, 'state', 'postgres')
})
afterEach(() => closer.close())

async function start(
  more: Partial<Parameters<typeof startEmbeddedPostgres>[0]> = {},
): Promise<EmbeddedPostgres> {
  const server = await startEmbeddedPostgres({ dir, port: 0, ephemeral: false, log, ...more })
  closer.add(server, async ({ process }) => {
    process.kill()
    await process.exited
  })
  return server
}

async function ask(url: string, statement: string): Promise<unknown[]> {
  const database = openDatabase({ url, name: 'test', max: 1, log })
  try {
    return (await sql.raw(statement).execute(database.db)).rows
  } finally {
    await database.close()
  }
}

const show = async (url: string, setting: string) =>
  ((await ask(url, `SHOW ${setting}`)) as Record<string, string>[])[0]?.[setting]

describe('an embedded PostgreSQL', () => {
  it('keeps its data and its password from start to start, also after it was killed', async () => {
    const first = await start()
    await ask(first.url, 'CREATE TABLE things AS SELECT 1 AS id')
    first.process.kill()
    await first.process.exited
    const second = await start()
    expect(new URL(second.url).password).toBe(new URL(first.url).password)
    expect(await ask(second.url, 'SELECT id FROM things')).toEqual([{ id: 1 }])
    expect(await show(second.url, 'fsync')).toBe('on')
    second.process.release()
    expect(await second.process.exited).toBe(0)
  })

  it('ends at once when it is let go, whoever is connected', async () => {
    const server = await start()
    const database = openDatabase({ url: server.url, name: 'test', max: 1, log })
    const sleeping = sql`SELECT pg_sleep(600)`.execute(database.db).catch((error) => error)
    await expect
      .poll(
        () => ask(server.url, `SELECT 1 FROM pg_stat_activity WHERE query LIKE 'SELECT pg_sleep%'`),
        PATIENCE,
      )
      .toHaveLength(1)
    server.process.release()
    expect(await server.process.exited).toBe(0)
    expect(await sleeping).toMatchObject({ code: '57P01' })
    await database.close()
  })

  it('lets in by its password only, and over loopback only', async () => {
    const { url } = await start()
    const listening = (await readFile(`${dir}.log`, 'utf8')).match(/listening on .*/g)
    expect(listening).toEqual([`listening on IPv4 address "127.0.0.1", port ${new URL(url).port}`])
    const attempts = [
      ['agentctl', 'wrong'],
      ['agentctl', ''],
      ['postgres', new URL(url).password],
    ] as const
    for (const [username, password] of attempts) {
      const other = Object.assign(new URL(url), { username, password })
      const database = openDatabase({ url: other.href, name: 'test', max: 1, log })
      await expect(database.ping()).rejects.toMatchObject({ code: 'DATABASE_REFUSED' })
      await database.close()
    }
    const [role] = await ask(url, 'SELECT rolsuper, rolcreaterole FROM pg_roles WHERE rolname = current_user')
    expect(role).toEqual({ rolsuper: false, rolcreaterole: false })
    for (const file of [`${dir}.password`, `${dir}.log`]) expect((await stat(file)).mode & 0o077).toBe(0)
  })

  it('is found under an address that is known before', async () => {
    const port = await freePort()
    const url = await embeddedPostgresUrl(dir, port)
    expect((await start({ port })).url).toBe(url)
  })

  it('leaves no half-made data when making it was cut off', async () => {
    await mkdir(`${dir}.new`, { recursive: true })
    await writeFile(join(`${dir}.new`, 'PG_VERSION'), '18\n')
    const { url } = await start()
    expect(await ask(url, 'SELECT 1 AS one')).toEqual([{ one: 1 }])
    expect(existsSync(`${dir}.new`)).toBe(false)
  })

  it('makes up another password when there is an empty one and no data', async () => {
    await mkdir(join(root, 'state'))
    await writeFile(`${dir}.password`, '')
    const { url } = await start()
    expect(await ask(url, 'SELECT 1 AS one')).toEqual([{ one: 1 }])
    expect((await stat(`${dir}.password`)).mode & 0o077).toBe(0)
  })

  it('leaves no data without our role and database when they could not be made', async () => {
    const programs = await findPostgres()
    const [statement, postgres] = [join(root, 'statement.sql'), join(root, 'postgres')]
    await writeFile(statement, 'SELECT 1/0;\n')
    const other = `[ "$1" = --single ] && exec "${programs.postgres}" "$@" <"${statement}"`
    await writeFile(postgres, `#!/bin/sh\n${other}\nexec "${programs.postgres}" "$@"\n`, { mode: 0o755 })
    await chmod(root, 0o755)
    await expect(start({ programs: { ...programs, postgres } })).rejects.toThrow(/could not be made/)
    expect(existsSync(dir)).toBe(false)
    expect(await ask((await start()).url, 'SELECT 1 AS one')).toEqual([{ one: 1 }])
  })

  it('does not take another program for a predecessor that was killed', async () => {
    const first = await start()
    first.process.release()
    await first.process.exited
    // As the user of the server, which minds only its own.
    const { uid, gid } = await stat(dir)
    const other = spawn('sleep', ['600'], { uid, gid, stdio: 'ignore' })
    closer.add(other, () => void other.kill())
    const stale = join(dir, 'postmaster.pid')
    await writeFile(stale, `${other.pid}\n${dir}\n1700000000\n5432\n\n127.0.0.1\n 1234567 999999\nready\n`)
    await chown(stale, uid, gid)
    const { url } = await start()
    expect(await ask(url, 'SELECT 1 AS one')).toEqual([{ one: 1 }])
  })

  it('does not outlive the process that has started it', async () => {
    const child = spawn(
      process.execPath,
      [fileURLToPath(new URL('embedded.child.ts', import.meta.url)), dir],
      {
        stdio: ['ignore', 'pipe', 'inherit'],
      },
    )
    const [line] = (await once(child.stdout, 'data')) as [Buffer]
    const { pid, url } = JSON.parse(String(line)) as { pid: number; url: string }
    await ask(url, 'CREATE TABLE kept AS SELECT 1 AS id')
    child.kill('SIGKILL')
    // Its successor waits until it has gone, and finds the data.
    const successor = await start({ port: Number(new URL(url).port) })
    expect(isAlive(pid)).toBe(false)
    expect(await ask(successor.url, 'SELECT id FROM kept')).toEqual([{ id: 1 }])
  })

  it('says when its port is taken, and whose log tells more', async () => {
    const other = await start()
    dir = join(root, 'other', 'postgres')
    const error = await start({ port: Number(new URL(other.url).port) }).catch((failure) => failure)
    expect(error).toMatchObject({ code: 'DATABASE_SERVER_FAILED' })
    expect(error.message).toContain(`${dir}.log`)
    expect(await readFile(`${dir}.log`, 'utf8')).toContain('Address already in use')
  })

  it('says what is wrong with the data', async () => {
    await mkdir(dir, { recursive: true })
    await writeFile(join(dir, 'notes.txt'), 'mine')
    await expect(start()).rejects.toThrow(/is not empty, and no data of PostgreSQL/)
    await rm(join(dir, 'notes.txt'))
    await writeFile(join(dir, 'PG_VERSION'), '18\n')
    await rm(`${dir}.password`, { force: true })
    await expect(start()).rejects.toThrow(/the password of .* cannot be read/)
    await writeFile(join(dir, 'PG_VERSION'), '9\n')
    await expect(start()).rejects.toThrow(/was made by PostgreSQL 9, this is 18/)
  })

  it.runIf(process.getuid?.() === 0)('runs as root in folders that nobody else may enter', async () => {
    await mkdir(join(root, 'state'), { mode: 0o700 })
    await chmod(root, 0o700)
    const { url, pid } = await start()
    expect(await ask(url, 'SELECT 1 AS one')).toEqual([{ one: 1 }])
    const status = await readFile(`/proc/${pid}/status`, 'utf8')
    expect(status).toMatch(/^Uid:\t65534\t65534\t65534\t65534$/m)
    expect((await stat(dir)).uid).toBe(65_534)
    // What it may do beyond: read its way through, no more.
    expect(status).toMatch(/^CapEff:\t0{15}4$/m)
  })
})
