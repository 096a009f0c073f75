import { randomBytes } from 'node:crypto'
import { mkdtemp, realpath, rm } from 'node:fs/promises'
import { get } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { pino } from 'pino'
import { inject } from 'vitest'
import { freePort, processesIn } from '../../src/runtime/platform/process/index.ts'
import {
  type EmbeddedPostgres,
  openDatabase,
  sql,
  startEmbeddedPostgres,
} from '../../src/runtime/platform/sql/index.ts'
import { eventually } from './program.ts'

const log = pino({ level: 'silent' })

/** An empty database on the server that the tests of a project share. */
export interface TestDatabase {
  url: string
  /** Ends whoever is connected, too. */
  drop(): Promise<void>
}

export async function createTestDatabase(): Promise<TestDatabase> {
  const server = await askFor(inject('postgresDesk'))
  const name = `test_${randomBytes(6).toString('hex')}`
  await execute(server, `CREATE DATABASE ${name}`)
  const url = new URL(server)
  url.pathname = `/${name}`
  return { url: url.href, drop: () => execute(server, `DROP DATABASE ${name} WITH (FORCE)`) }
}

/** Runs one statement, on a connection of its own. */
export async function execute(url: string, statement: string): Promise<void> {
  const database = openDatabase({ url, name: 'test', max: 1, log })
  try {
    await sql.raw(statement).execute(database.db)
  } finally {
    await database.close()
  }
}

function askFor(desk: string): Promise<string> {
  return new Promise((resolve, reject) => {
    get(desk, { agent: false }, (response) => {
      text(response).then((answer) => {
        if (response.statusCode === 200) resolve(answer)
        else reject(new Error(answer))
      }, reject)
    }).once('error', reject)
  })
}

/** A server of one test file, which can be killed and started again with the data that is on disk. */
export interface TestPostgres {
  url: string
  /** Its data and its settings. */
  dir: string
  pid(): number
  /** Ends it as a crash would; resolves when nothing of it answers any more. */
  kill(): Promise<void>
  start(): Promise<void>
  close(): Promise<void>
}

export async function startTestPostgres(): Promise<TestPostgres> {
  const root = await mkdtemp(join(tmpdir(), 'agentctl-postgres-'))
  const options = { dir: join(root, 'postgres'), port: await freePort(), ephemeral: false, log }
  let server: EmbeddedPostgres = await startEmbeddedPostgres(options)
  const kill = async () => {
    server.process.kill()
    await server.process.exited
    // Each connection has a process of its own, which ends a moment after the server and may answer until then.
    const folder = await realpath(options.dir)
    await eventually(() => processesIn(folder).length === 0)
  }
  return {
    url: server.url,
    dir: options.dir,
    pid: () => server.pid,
    kill,
    async start() {
      server = await startEmbeddedPostgres(options)
    },
    async close() {
      await kill()
      await rm(root, { recursive: true, force: true, maxRetries: 20, retryDelay: 100 })
    },
  }
}
