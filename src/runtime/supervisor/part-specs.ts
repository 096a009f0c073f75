import { createHash, randomBytes } from 'node:crypto'
import { join } from 'node:path'
import type { Part } from '../parts.ts'
import { isPortFree } from '../platform/process/index.ts'
import { credentialsOf } from './credentials.ts'
import { launchRole } from './launchers.ts'
import type { LogBook } from './logs.ts'
import type { Plan } from './plan.ts'
import { heardBy, secludedEnvironment } from './secluded.ts'
import type { RoleSpec } from './supervisor.ts'

export interface PartSpecsOptions {
  /** The entry script of this program. */
  bin: string
  plan: Plan
  parts: readonly Part[]
  partArgs: Readonly<Record<string, readonly string[]>>
  /** What the roles are told by environment: command lines are visible to every user of the machine, and URLs hold passwords. */
  surroundings: Surroundings
  host: string
  /** The first gateway's port. */
  port: number
  logLevel: string
  /** Milliseconds. */
  drainTimeout: number
  logs: LogBook
}

export interface Surroundings {
  redisUrl: string
  databaseUrl: string | undefined
  state: string
  /** Of an ephemeral serve: where data goes that is not kept. */
  scratch: string | undefined
  /** Folder for sockets, with a path that is short. */
  run: string
  /** Control socket of this serve. */
  control: string
}

type Environment = Record<string, string | undefined>

/** Milliseconds a replica may take beyond its own drain timeout. */
const STOP_GRACE = 8_000
const LAST_PORT = 65_535
/** Where the first replica listens, beside the gateway's port, if it is free there; all others, and all else, anywhere. */
const OFFSETS: Readonly<Record<string, number>> = {
  ...{ gateway: 0, llm: 1, agents: 2, campaigns: 3, executor: 4 },
  orchestrator: 6,
}
/** What the outside is to reach. An executor is for the workers of this machine. */
const PUBLIC = new Set(['gateway', 'llm'])
/** The same, once there is a password that keeps others out. */
const GUARDED = new Set(['campaigns', 'agents'])
/** Started when it is first needed, whatever the plan. */
export const ON_DEMAND = 'orchestrator'

export function partSpecs(options: PartSpecsOptions): RoleSpec[] {
  const { bin, plan, parts, partArgs, logs, drainTimeout, logLevel } = options
  const environmentOf = createEnvironments(options)
  return parts
    .filter(({ name }) => plan.has(name) || name === ON_DEMAND)
    .map(({ name: part, role, args }) => ({
      role: part,
      stopTimeout: drainTimeout + STOP_GRACE,
      beats: true,
      launch: (name, index) => async (events) =>
        launchRole({
          ...{ bin, role, name, logs },
          args: [
            ...args,
            ...(partArgs[part] ?? []),
            ...(await addressOf(part, index, options)),
            ...['--log-level', logLevel, '--drain-timeout', `${drainTimeout}ms`],
          ],
          env: environmentOf(role),
        })(events),
    }))
}

/** How a part is started that the plan does not name, such as the workers of a feature: as its role usually is, but for its own arguments. */
export function extraSpec(options: PartSpecsOptions, part: Part): RoleSpec {
  const { plan, partArgs } = options
  const [spec] = partSpecs({
    ...options,
    plan: new Map([...plan, [part.name, 0]]),
    parts: [part],
    partArgs: { [part.name]: partArgs[part.role] ?? [] },
  })
  return spec as RoleSpec
}

async function addressOf(part: string, index: number, { host, port }: PartSpecsOptions): Promise<string[]> {
  const offset = OFFSETS[part]
  if (offset === undefined) return []
  const isPublic = PUBLIC.has(part) || (GUARDED.has(part) && credentialsOf().isPasswordChosen)
  const where = isPublic ? ['--host', host] : []
  return [...where, '--port', String(await portFor(index, port, offset))]
}

async function portFor(index: number, first: number, offset: number): Promise<number> {
  if (index > 1 || first === 0) return 0
  const wanted = first + offset
  return offset === 0 || (wanted <= LAST_PORT && (await isPortFree(wanted))) ? wanted : 0
}

/**
 * What each role is told: no more than it has options for. From executor and Docker proxy, which deal with programs that nobody
 * trusts, is also kept what this process was told itself, of Redis, databases and keys. They and their callers share secrets
 * that are made up here, unless they are given.
 */
function createEnvironments({ plan, surroundings }: PartSpecsOptions): (role: string) => Environment {
  const { redisUrl, databaseUrl, state, scratch, run, control } = surroundings
  const common = { AGENTCTL_STATE_DIR: state }
  const data = {
    AGENTCTL_REDIS_URL: redisUrl,
    AGENTCTL_SERVE_SOCKET: control,
    ...(databaseUrl === undefined ? {} : { AGENTCTL_DATABASE_URL: databaseUrl }),
    ...(scratch === undefined ? {} : { AGENTCTL_VECTORS_PATH: join(scratch, 'vectors.db') }),
  }
  const executor = secret('AGENTCTL_EXECUTOR_TOKEN')
  const proxy = secret('AGENTCTL_DOCKER_PROXY_TOKEN')
  const socket = join(run, `${createHash('sha256').update(state).digest('hex').slice(0, 16)}-docker.sock`)
  const secluded: Record<string, Environment> = {
    executor: {
      ...executor,
      ...(plan.has('docker-proxy') ? { ...proxy, AGENTCTL_DOCKER_PROXY: `unix://${socket}` } : {}),
    },
    'docker-proxy': { ...proxy, AGENTCTL_DOCKER_PROXY_SOCKET: socket },
  }
  return (role) => {
    const own = secluded[role]
    if (own !== undefined) return { ...secludedEnvironment(role), ...common, ...own }
    return { ...common, ...heardBy(role, { ...data, ...executor }) }
  }
}

function secret(name: string): Environment {
  return { [name]: process.env[name] || randomBytes(24).toString('base64url') }
}
