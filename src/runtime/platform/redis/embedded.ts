import { existsSync, readFileSync } from 'node:fs'
import { mkdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { Logger } from '../../kernel/index.ts'
import { type GuardedProcess, isAlive, spawnGuarded } from '../process/index.ts'
import { connectRedis, disconnectRedis, type RedisClient, waitForRedis } from './connect.ts'
import { redisError } from './errors.ts'
import type { RedisProgram } from './install.ts'

export interface EmbeddedOptions {
  program: RedisProgram
  /** Folder for its data, its log and its pid file. */
  dir: string
  port: number
  /** Keep nothing: the folder is emptied first and no append-only file is written. */
  ephemeral: boolean
  log: Logger
}

export interface EmbeddedRedis {
  url: string
  /** Process id of the server itself. */
  pid: number
  process: GuardedProcess
}

/** How long the server may take to load its data, in milliseconds. */
const LOAD_TIMEOUT = 60_000

/**
 * Starts a real Redis server on loopback whose acknowledged writes are on disk within a second
 * (`appendfsync everysec`), and resolves once it has loaded its data.
 * @throws AgentctlError REDIS_SERVER_FAILED
 */
export async function startEmbeddedRedis(options: EmbeddedOptions): Promise<EmbeddedRedis> {
  const { program, dir, port, ephemeral, log } = options
  await waitForPredecessor(dir)
  if (ephemeral) await rm(dir, { recursive: true, force: true })
  await mkdir(dir, { recursive: true, mode: 0o700 })
  const server = spawnGuarded(program.server, serverArguments(dir, port, ephemeral), program.env)
  const url = `redis://127.0.0.1:${port}`
  const client = connectRedis({ url, purpose: 'worker', name: 'embedded-check', log: silenced(log) })
  try {
    await Promise.race([waitForRedis(client, url, LOAD_TIMEOUT), failWhenGone(server, dir)])
    await checkIsOurs(client, dir, port)
  } catch (error) {
    server.kill()
    throw error
  } finally {
    await disconnectRedis(client)
  }
  return { url, pid: readPid(dir) ?? server.pid, process: server }
}

function serverArguments(dir: string, port: number, ephemeral: boolean): string[] {
  const settings: Record<string, string> = {
    bind: '127.0.0.1',
    port: String(port),
    dir,
    pidfile: join(dir, 'redis.pid'),
    logfile: join(dir, 'redis.log'),
    daemonize: 'no',
    save: '',
    appendonly: ephemeral ? 'no' : 'yes',
    appendfsync: 'everysec',
    'maxmemory-policy': 'noeviction',
  }
  return Object.entries(settings).flatMap(([name, value]) => [`--${name}`, value])
}

/** A server whose supervisor was killed needs a moment to notice and leave; two must never share the data. */
async function waitForPredecessor(dir: string): Promise<void> {
  const pid = readPid(dir)
  if (pid === undefined) return
  for (let tries = 0; isRedis(pid); tries++) {
    if (tries === 100)
      throw redisError('REDIS_SERVER_FAILED', `another Redis (process ${pid}) still uses ${dir}`)
    await new Promise((again) => setTimeout(again, 100))
  }
}

function readPid(dir: string): number | undefined {
  const file = join(dir, 'redis.pid')
  const pid = existsSync(file) ? Number(readFileSync(file, 'utf8')) : Number.NaN
  return Number.isInteger(pid) && pid > 1 ? pid : undefined
}

/** Process ids are reused: a stale pid file may name somebody else. Where /proc is missing, assume it is ours. */
function isRedis(pid: number): boolean {
  if (!isAlive(pid)) return false
  try {
    return /redis|valkey/.test(readFileSync(`/proc/${pid}/cmdline`, 'utf8'))
  } catch {
    return !existsSync('/proc/self')
  }
}

/** Another program may have taken the port in between, and answer in place of ours. */
async function checkIsOurs(client: RedisClient, dir: string, port: number): Promise<void> {
  const pid = Number(/^process_id:(\d+)/m.exec(await client.info('server'))?.[1])
  if (pid === readPid(dir)) return
  throw redisError('REDIS_SERVER_FAILED', `port ${port} belongs to another Redis (process ${pid})`)
}

async function failWhenGone(server: GuardedProcess, dir: string): Promise<never> {
  const code = await server.exited
  throw redisError(
    'REDIS_SERVER_FAILED',
    `redis-server ended with code ${code}; see ${join(dir, 'redis.log')}`,
  )
}

/** While the server is starting, refused connections are no news. */
function silenced(log: Logger): Logger {
  return log.child({}, { level: 'silent' })
}
