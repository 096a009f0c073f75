import { mkdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { type Closer, createCloser, folders } from '../kernel/index.ts'
import type { Part } from '../parts.ts'
import { httpError } from '../platform/http/index.ts'
import { createLogger } from '../platform/log/index.ts'
import { isPortFree, tryLock } from '../platform/process/index.ts'
import { version } from '../version.ts'
import { socketPath, startControl } from './control.ts'
import { supervisorError } from './errors.ts'
import { launchRole } from './launchers.ts'
import { createLogBook, type LogBook, type LogLine } from './logs.ts'
import type { ServeStatus } from './messages.ts'
import type { Plan } from './plan.ts'
import { planRedis, type RedisPlan } from './redis-plan.ts'
import { lastServe, removeRunFile, writeRunFile } from './run-file.ts'
import { createSupervisor, type RoleSpec, type Supervisor } from './supervisor.ts'

export interface ServeOptions {
  /** The entry script of this program. */
  bin: string
  plan: Plan
  stateDir?: string | undefined
  /** Keep no data. */
  ephemeral: boolean
  /** An external Redis; without one an embedded server is started. */
  redisUrl?: string | undefined
  host: string
  /** The first gateway's port. */
  port: number
  /** The parts that a plan may name. */
  parts: readonly Part[]
  /** Further command line flags by part. */
  partArgs: Readonly<Record<string, readonly string[]>>
  logLevel: string
  /** Milliseconds. */
  drainTimeout: number
  /** Told about every step that takes a moment. */
  say(text: string): void
  /** Ends the start, however far it is. */
  signal: AbortSignal
  onLog(line: LogLine): void
  /** Told when `agentctl down` is called. */
  onDown(): void
  /** Given what can be killed, before the start is over. */
  onSupervisor(supervisor: { kill(): void }): void
}

export interface Serve {
  status(): ServeStatus
  stop(): Promise<void>
}

const LOG_LINES = 10_000
/** Milliseconds a replica may take beyond its own drain timeout. */
const STOP_GRACE = 8_000
/** Milliseconds that what a killed predecessor left behind may need to go. */
const PREDECESSOR_GRACE = 10_000

/**
 * Runs a set of roles on this machine, with an embedded Redis unless one is given; resolves when all are
 * ready. Nothing it started outlives this process.
 * @throws AgentctlError SERVE_RUNNING, HTTP_PORT_IN_USE, REDIS_SERVER_MISSING, ROLE_FAILED
 */
export async function startServe(options: ServeOptions): Promise<Serve> {
  const { state, cache } = folders(options.stateDir)
  const closer = createCloser()
  const logs = createLogBook(LOG_LINES)
  logs.follow(options.onLog)
  const log = createLogger({
    level: options.logLevel,
    bindings: {},
    write: (line) => logs.write('serve', line.trimEnd()),
  })
  try {
    await mkdir(state, { recursive: true, mode: 0o700 })
    await lock(state, closer)
    await checkPort(options, lastServe(state) !== undefined)
    await discard(scratchIn(state)) // what a killed predecessor left
    closer.add(scratchIn(state), discard)
    const redis = await planRedis(options, state, cache)
    const supervisor = createSupervisor({
      specs: [...redis.specs(log), ...partSpecs(options, redis.url, logs)],
      log,
    })
    closer.add(supervisor, () => supervisor.stop())
    options.onSupervisor(supervisor)
    options.signal.addEventListener('abort', () => void supervisor.stop().catch(() => {}), { once: true })
    const started = new Date().toISOString()
    const status = () => statusOf({ options, state, redis, supervisor, started })
    const path = await socketPath(state)
    closer.add(await startControl({ path, supervisor, logs, status, shutDown: options.onDown }), (control) =>
      control.close(),
    )
    const announce = (gatewayUrl?: string) =>
      writeRunFile(state, {
        pid: process.pid,
        socket: path,
        redisUrl: redis.url,
        ...(gatewayUrl && { gatewayUrl }),
      })
    await announce()
    closer.add(state, removeRunFile)
    await startAll(supervisor, options.plan, redis.embedded)
    await announce(status().urls.gateway)
    return {
      status,
      stop: () => closer.close(),
    }
  } catch (error) {
    await closer.close()
    throw error
  }
}

/** What an ephemeral serve needs on disk while it runs. */
const scratchIn = (state: string) => join(state, 'ephemeral')

function discard(folder: string): Promise<void> {
  return rm(folder, { recursive: true, force: true })
}

async function lock(state: string, closer: Closer): Promise<void> {
  const held = tryLock(join(state, 'serve.lock'))
  if (!held)
    throw supervisorError(
      'SERVE_RUNNING',
      `${state} is in use by process ${lastServe(state)?.pid ?? 'unknown'}`,
    )
  closer.add(held, () => held.release())
}

/** After a predecessor was killed, its gateway needs a moment to notice and free the port. */
async function checkPort({ plan, host, port }: ServeOptions, afterCrash: boolean): Promise<void> {
  if (!plan.get('gateway') || port === 0) return
  const deadline = Date.now() + (afterCrash ? PREDECESSOR_GRACE : 0)
  while (!(await isPortFree(port, host))) {
    if (Date.now() >= deadline)
      throw httpError('HTTP_PORT_IN_USE', `port ${port} on ${host} is in use`, { field: 'port' })
    await new Promise((again) => setTimeout(again, 100))
  }
}

function partSpecs(options: ServeOptions, redisUrl: string, logs: LogBook): RoleSpec[] {
  const { bin, plan, parts, partArgs, drainTimeout, logLevel } = options
  const { state } = folders(options.stateDir)
  return parts
    .filter(({ name }) => plan.has(name))
    .map(({ name: part, role, args }) => ({
      role: part,
      stopTimeout: drainTimeout + STOP_GRACE,
      beats: true,
      launch: (name, index) => async (events) =>
        launchRole({
          bin,
          role,
          name,
          logs,
          args: [
            ...args,
            ...(partArgs[part] ?? []),
            ...(await addressOf(part, index, options)),
            ...['--log-level', logLevel, '--drain-timeout', `${drainTimeout}ms`],
          ],
          // By environment: command lines are visible to every user of the machine, and URLs hold passwords.
          env: {
            AGENTCTL_REDIS_URL: redisUrl,
            AGENTCTL_STATE_DIR: state,
            ...(options.ephemeral && { AGENTCTL_VECTORS_PATH: join(scratchIn(state), 'vectors.db') }),
          },
        })(events),
    }))
}

const LAST_PORT = 65_535

/** Where a part listens. The first gateway has the port that was asked for, the first llm the one after it if that is free. */
async function addressOf(part: string, index: number, { host, port }: ServeOptions): Promise<string[]> {
  if (part === 'gateway') return ['--host', host, '--port', String(index === 1 ? port : 0)]
  if (part !== 'llm') return []
  const wanted = index === 1 && port > 0 && port < LAST_PORT
  const next = wanted && (await isPortFree(port + 1, host)) ? port + 1 : 0
  return ['--host', host, '--port', String(next)]
}

async function startAll(supervisor: Supervisor, plan: Plan, embeddedRedis: boolean): Promise<void> {
  if (embeddedRedis) await supervisor.scale('redis', 1)
  await Promise.all([...plan].map(([role, count]) => supervisor.scale(role, count)))
}

interface StatusParts {
  options: ServeOptions
  state: string
  redis: RedisPlan
  supervisor: Supervisor
  started: string
}

function statusOf({ options, state, redis, supervisor, started }: StatusParts): ServeStatus {
  const replicas = supervisor.snapshot()
  const urlOf = (part: string) => replicas.find(({ role }) => role === part)?.facts.url
  const [gateway, llm] = [urlOf('gateway'), urlOf('llm')]
  const data = redis.embedded ? (options.ephemeral ? 'ephemeral' : 'kept') : 'external'
  return {
    pid: process.pid,
    version,
    started_at: started,
    state_dir: state,
    data,
    urls: { ...(gateway && { gateway }), ...(llm && { llm }), redis: redis.url },
    redis_prompt: redis.prompt,
    replicas,
  }
}
