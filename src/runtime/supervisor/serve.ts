import { mkdir, rm } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { EXECUTOR_POOL } from '../evaluation/index.ts'
import { type Closer, createCloser, folders, maskUrl } from '../kernel/index.ts'
import type { Part } from '../parts.ts'
import { httpError } from '../platform/http/index.ts'
import { createLogger } from '../platform/log/index.ts'
import { isPortFree, tryLock } from '../platform/process/index.ts'
import { version } from '../version.ts'
import { createAdvertiser } from './advertiser.ts'
import { type ServeClient, socketPath, startControl } from './control.ts'
import { hasEarlierFeatures } from './earlier-features.ts'
import { supervisorError } from './errors.ts'
import { createServedFeatures } from './features.ts'
import { createInsideClient } from './inside.ts'
import { createLogBook, type LogLine } from './logs.ts'
import type { ServeStatus } from './messages.ts'
import { createNotice } from './notice.ts'
import { extraSpec, ON_DEMAND, partSpecs } from './part-specs.ts'
import type { Plan } from './plan.ts'
import { type PostgresPlan, planPostgres } from './postgres-plan.ts'
import { planRedis, type RedisPlan } from './redis-plan.ts'
import type { ReplicaSnapshot } from './replica.ts'
import { lastServe } from './run-file.ts'
import { type AutoscaleOptions, createScaling, planWithin, type Scaling } from './scaling.ts'
import { createSupervisor, type Supervisor } from './supervisor.ts'

export interface ServeOptions {
  /** The entry script of this program. */
  bin: string
  plan: Plan
  stateDir?: string | undefined
  /** Keep no data. */
  ephemeral: boolean
  /** An external Redis; without one an embedded server is started. */
  redisUrl?: string | undefined
  /** An external PostgreSQL, with its password; without one an embedded server is started when the plan has a part that stores. */
  databaseUrl?: string | undefined
  host: string
  /** The first gateway's port. */
  port: number
  /** The gateway wants keys or speaks TLS: nothing that does not is then reached from outside. */
  guarded?: boolean
  /** The parts that a plan may name. */
  parts: readonly Part[]
  /** Further command line flags by part. */
  partArgs: Readonly<Record<string, readonly string[]>>
  /** Roles that scale by themselves; left out, none can be told to. */
  autoscale?: AutoscaleOptions
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
  /** What other processes ask over its control socket, asked directly. */
  client: ServeClient
  stop(): Promise<void>
}

const LOG_LINES = 10_000
/** Milliseconds that what a killed predecessor left behind may need to go. */
const PREDECESSOR_GRACE = 10_000

/**
 * Runs a set of roles on this machine, with an embedded Redis, and PostgreSQL where it is needed, unless they are given;
 * resolves when all are ready. Nothing it started outlives this process.
 * @throws AgentctlError SERVE_RUNNING, HTTP_PORT_IN_USE, REDIS_SERVER_MISSING, DATABASE_SERVER_MISSING, ROLE_FAILED
 */
export async function startServe(options: ServeOptions): Promise<Serve> {
  const { state, cache } = folders(options.stateDir)
  const plan = planWithin(options.plan, options.autoscale?.ranges)
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
    const [redis, postgres] = await Promise.all([
      planRedis(options, state, cache),
      planPostgres({ ...options, wanted: stores(options) }, { state, scratch: scratchIn(state) }),
    ])
    const path = await socketPath(state)
    let ready = false
    const forParts = {
      ...options,
      logs,
      surroundings: {
        redisUrl: redis.url,
        databaseUrl: postgres.url,
        state,
        scratch: options.ephemeral ? scratchIn(state) : undefined,
        run: dirname(path),
        control: path,
      },
    }
    const supervisor = createSupervisor({
      specs: [...redis.specs(log), ...postgres.specs(log), ...partSpecs(forParts)],
      log,
      onChange: () => {
        advertise()
        features.look()
        if (ready)
          notice.show(status().urls).catch((err) => log.warn({ err }, 'the run file cannot be written'))
      },
    })
    const scaling = createScaling({ ...options, supervisor, redisUrl: redis.url, log })
    const specOf = (part: Part) => extraSpec(forParts, part)
    const features = createServedFeatures({ supervisor, specOf, scaling, log })
    const advertiser = closer.add(
      createAdvertiser({ redisUrl: redis.url, pool: EXECUTOR_POOL, log }),
      (opened) => opened.close(),
    )
    const advertise = () => advertiser.show(executorsOf(supervisor.snapshot()))
    closer.add(supervisor, () => supervisor.stop())
    options.onSupervisor(supervisor)
    options.signal.addEventListener('abort', () => void supervisor.stop().catch(() => {}), { once: true })
    const started = new Date().toISOString()
    const status = () => statusOf({ options, state, redis, postgres, supervisor, scaling, started, ready })
    const controls = { supervisor, scaling, logs, features, status, shutDown: options.onDown }
    closer.add(await startControl({ path, ...controls }), (control) => control.close())
    const notice = closer.add(
      createNotice(state, {
        pid: process.pid,
        socket: path,
        redisUrl: redis.url,
        ...(postgres.url && { databaseUrl: postgres.url }),
      }),
      (opened) => opened.close(),
    )
    await notice.show({})
    await startAll(supervisor, plan, { redis, postgres })
    await closer.add(scaling, (opened) => opened.close()).begin()
    ready = true
    await notice.show(status().urls)
    if (redis.embedded && !options.plan.has(ON_DEMAND) && (await hasEarlierFeatures(redis.url, log)))
      supervisor.scale(ON_DEMAND, 1).catch((err) => log.warn({ err }, 'the orchestrator cannot start'))
    return {
      status,
      client: createInsideClient(controls),
      stop: () => closer.close(),
    }
  } catch (error) {
    await closer.close()
    throw error
  }
}

/** What an ephemeral serve needs on disk while it runs. */
const scratchIn = (state: string) => join(state, 'ephemeral')

/** What a killed predecessor has started may need a moment to stop writing there. */
function discard(folder: string): Promise<void> {
  return rm(folder, { recursive: true, force: true, maxRetries: 20, retryDelay: 50 })
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

interface Bases {
  redis: RedisPlan
  postgres: PostgresPlan
}

const stores = ({ plan }: ServeOptions) => ['storage', 'campaigns'].some((part) => (plan.get(part) ?? 0) > 0)

/** Where programs can be run now. Executors cannot make themselves known: they do not reach Redis. */
function executorsOf(replicas: readonly ReplicaSnapshot[]): string[] {
  const ready = replicas.filter(({ role, state }) => role === 'executor' && state === 'ready')
  return ready.flatMap(({ facts }) => facts.url ?? [])
}

/** PostgreSQL starts beside all others, who do without it for a moment; executors look for the Docker proxy when they start. */
async function startAll(supervisor: Supervisor, plan: Plan, { redis, postgres }: Bases): Promise<void> {
  const database = postgres.embedded ? supervisor.scale('postgres', 1) : Promise.resolve()
  database.catch(() => {})
  if (redis.embedded) await supervisor.scale('redis', 1)
  const start = (role: string) => supervisor.scale(role, plan.get(role) ?? 0)
  const proxy = plan.has('docker-proxy') ? start('docker-proxy') : Promise.resolve()
  const others = [...plan.keys()].filter((role) => role !== 'docker-proxy')
  await Promise.all([
    ...[database, proxy],
    ...others.map((role) => (role === 'executor' ? proxy.then(() => start(role)) : start(role))),
  ])
}

interface StatusParts {
  options: ServeOptions
  state: string
  redis: RedisPlan
  postgres: PostgresPlan
  supervisor: Supervisor
  scaling: Scaling
  started: string
  ready: boolean
}

function statusOf({
  options,
  state,
  redis,
  postgres,
  supervisor,
  scaling,
  started,
  ready,
}: StatusParts): ServeStatus {
  const replicas = supervisor.snapshot()
  const urlOf = (part: string) => replicas.find(({ role }) => role === part)?.facts.url
  const urls = Object.entries({
    gateway: urlOf('gateway'),
    llm: urlOf('llm'),
    campaigns: urlOf('campaigns'),
    agents: urlOf('agents'),
    redis: redis.url,
    postgres: postgres.url && maskUrl(postgres.url),
  }).filter((entry): entry is [string, string] => entry[1] !== undefined)
  const data = redis.embedded ? (options.ephemeral ? 'ephemeral' : 'kept') : 'external'
  return {
    pid: process.pid,
    version,
    started_at: started,
    ready,
    state_dir: state,
    data,
    urls: Object.fromEntries(urls),
    redis_prompt: redis.prompt,
    replicas,
    autoscale: scaling.status(),
  }
}
