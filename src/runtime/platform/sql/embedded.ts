import { existsSync, readFileSync, statSync } from 'node:fs'
import { mkdir, realpath, rename, rm, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import type { Logger } from '../../kernel/index.ts'
import { freePort, type GuardedProcess, isAlive, processesIn, spawnGuarded } from '../process/index.ts'
import { accountFor } from './account.ts'
import { openCluster, ROLE } from './cluster.ts'
import { openDatabase } from './database.ts'
import { sqlError } from './errors.ts'
import { passwordOf } from './password.ts'
import { findPostgres, type PostgresPrograms } from './programs.ts'
import { serverSettings } from './server-settings.ts'

export interface EmbeddedPostgresOptions {
  /** Looked for when left out. */
  programs?: PostgresPrograms
  /** Folder of its data. Password and log are beside it, in `DIR.password` and `DIR.log`. */
  dir: string
  /** 0 for any free one. */
  port: number
  /** Its data need not survive the machine: nothing is forced to disk. Whose folder it is takes it away. */
  ephemeral: boolean
  log: Logger
}

export interface EmbeddedPostgres {
  /** With its password. */
  url: string
  /** Process id of the server itself. */
  pid: number
  process: GuardedProcess
}

/** Milliseconds the server may take to start, after a crash with what it has to repeat from its log. */
const START_TIMEOUT = 60_000
/** Milliseconds for a killed predecessor, or processes of it, to go. */
const PREDECESSOR_GRACE = 20_000
const PAUSE = 20
const MAX_LOG = 1024 * 1024

/** What the server says when processes of a predecessor that was killed still hold on to the data. */
const STILL_HELD = /pre-existing shared memory block|lock file .* already exists/

/**
 * Starts a real PostgreSQL server on loopback, with its data made on first use, and resolves once it answers. It cannot
 * outlive this process. Data, role and password stay the same from start to start; the port need not.
 * @throws AgentctlError DATABASE_SERVER_MISSING, DATABASE_SERVER_FAILED
 */
export async function startEmbeddedPostgres(options: EmbeddedPostgresOptions): Promise<EmbeddedPostgres> {
  const { dir, ephemeral } = options
  const programs = options.programs ?? (await findPostgres())
  await mkdir(dirname(dir), { recursive: true, mode: 0o700 })
  await waitForPredecessor(dir)
  const account = await accountFor(dir, dirname(dir), programs.postgres)
  await openCluster({ dir, programs, account, ephemeral })
  const port = options.port === 0 ? await freePort() : options.port
  const settings = Object.entries(serverSettings({ port, ephemeral }))
  const command = account.as(programs.postgres, [
    ...['-D', dir],
    ...settings.flatMap(([name, value]) => ['-c', `${name}=${value}`]),
  ])
  const url = await embeddedPostgresUrl(dir, port)
  for (const deadline = Date.now() + PREDECESSOR_GRACE; ; ) {
    await openLog(dir)
    // SIGINT has it end at once and properly; with SIGTERM it would wait for its clients to leave.
    const server = spawnGuarded(...command, {}, { signal: 'INT', output: logFile(dir) })
    try {
      await Promise.race([waitUntilReady(url, server, options.log), failWhenGone(server, dir)])
      return { url, pid: pidIn(dir) ?? server.pid, process: server }
    } catch (error) {
      server.kill()
      if (Date.now() > deadline || !STILL_HELD.test(lastLog(dir))) throw error
      await new Promise((again) => setTimeout(again, 10 * PAUSE))
    }
  }
}

/**
 * Where a server on this port, with its data in this folder, is found; it need not have been started ever.
 * @throws AgentctlError DATABASE_SERVER_FAILED when there is data, but no password
 */
export async function embeddedPostgresUrl(dir: string, port: number): Promise<string> {
  return `postgres://${ROLE}:${await passwordOf(dir)}@127.0.0.1:${port}/${ROLE}?sslmode=disable`
}

const logFile = (dir: string) => `${dir}.log`

/** For our eyes only. Once it is long it is put aside, in place of the one before. */
async function openLog(dir: string): Promise<void> {
  const file = logFile(dir)
  if (existsSync(file) && statSync(file).size > MAX_LOG) await rename(file, `${file}.old`)
  await writeFile(file, '', { flag: 'a', mode: 0o600 })
}

function lastLog(dir: string): string {
  return existsSync(logFile(dir)) ? readFileSync(logFile(dir), 'utf8').split('\n').slice(-10).join('\n') : ''
}

/** Two servers must never share the data; PostgreSQL sees to that too, but would not wait. */
async function waitForPredecessor(dir: string): Promise<void> {
  const deadline = Date.now() + PREDECESSOR_GRACE
  for (let pid = pidIn(dir); pid !== undefined && isPostgres(pid); pid = pidIn(dir)) {
    if (Date.now() > deadline)
      throw sqlError('DATABASE_SERVER_FAILED', `another PostgreSQL (process ${pid}) still uses ${dir}`)
    await new Promise((again) => setTimeout(again, PAUSE))
  }
  const pid = pidIn(dir)
  if (pid !== undefined && isAlive(pid) && (await isDeserted(dir))) await rm(join(dir, 'postmaster.pid'))
}

/**
 * Whether no process of a server works in a folder. PostgreSQL takes whoever has got the process id of a server that was
 * killed for that server, which is likely where few processes run, as in a container, and then never starts again.
 */
async function isDeserted(dir: string): Promise<boolean> {
  return existsSync('/proc/self') && processesIn(await realpath(dir)).length === 0
}

function pidIn(dir: string): number | undefined {
  const file = join(dir, 'postmaster.pid')
  try {
    const pid = Number.parseInt(readFileSync(file, 'utf8'), 10)
    return pid > 1 ? pid : undefined
  } catch {
    return undefined
  }
}

/** Process ids are reused: a stale file may name somebody else. Where /proc is missing, assume it is ours. */
function isPostgres(pid: number): boolean {
  if (!isAlive(pid)) return false
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes('postgres')
  } catch {
    return !existsSync('/proc/self')
  }
}

/** Only our server knows the password, so whoever lets us in is it, and not another one on the same port. */
async function waitUntilReady(url: string, server: GuardedProcess, log: Logger): Promise<void> {
  const database = openDatabase({ url, name: 'start', max: 1, log: log.child({}, { level: 'silent' }) })
  let gone = false
  void server.exited.then(() => {
    gone = true
  })
  try {
    for (const deadline = Date.now() + START_TIMEOUT; ; ) {
      try {
        return await database.ping()
      } catch (error) {
        if (gone || Date.now() > deadline) throw error
      }
      await new Promise((again) => setTimeout(again, PAUSE))
    }
  } finally {
    await database.close()
  }
}

async function failWhenGone(server: GuardedProcess, dir: string): Promise<never> {
  const code = await server.exited
  const reason = /(?:FATAL|PANIC): +(.*)/.exec(lastLog(dir))?.[1]
  throw sqlError(
    'DATABASE_SERVER_FAILED',
    `postgres ended with code ${code}${reason ? ` (${reason})` : ''}; see ${logFile(dir)}`,
  )
}
