import { createHash, randomBytes } from 'node:crypto'
import { join } from 'node:path'
import { FILE_SUFFIX, secretVariable } from '../kernel/index.ts'
import type { Part } from '../parts.ts'
import { isPortFree } from '../platform/process/index.ts'
import { credentialsOf } from './credentials.ts'
import { launchRole } from './launchers.ts'
import type { LogBook } from './logs.ts'
import type { Plan } from './plan.ts'
import { heardBy, secludedEnvironment } from './secluded.ts'
import { createSharedPorts } from './shared-ports.ts'
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
  /** The gateway keeps strangers out, or from listening in: what does neither is then not for the outside. */
  guarded?: boolean
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
/** Where roles listen that are told nothing else. */
const LOOPBACK = '127.0.0.1'
/** Parts of which no two processes can have the same place. */
const ALONE = new Set(['docker-proxy'])
/** Where the first replica listens, beside the gateway's port, if it is free there; all others, and all else, anywhere. */
const OFFSETS: Readonly<Record<string, number>> = {
  ...{ gateway: 0, llm: 1, agents: 2, campaigns: 3, executor: 4 },
  orchestrator: 6,
}
/** The certificate is for what the outside reaches; among themselves roles find each other on this machine. */
const WITHOUT_TLS: Environment = {
  AGENTCTL_TLS_CERT: undefined,
  AGENTCTL_TLS_KEY: undefined,
  AGENTCTL_TLS_CA: undefined,
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
  const ports = createSharedPorts()
  return parts
    .filter(({ name }) => plan.has(name) || name === ON_DEMAND)
    .map(({ name: part, role, args }) => ({
      role: part,
      stopTimeout: drainTimeout + STOP_GRACE,
      beats: true,
      overlaps: (name) => !ALONE.has(part) && (!listens(part) || ports.has(name)),
      launch: (name, index) => async (events) => {
        const place = placeOf(part, options)
        const port = place && ports.borrow(name, place.host, candidates(part, index, options.port))
        try {
          const where = place && ['--port', `${port?.port ?? (await portFor(part, index, options.port))}`]
          return await launchRole({
            ...{ bin, role, name, logs, port },
            args: [
              ...[...args, ...(partArgs[part] ?? []), ...(place?.args ?? []), ...(where ?? [])],
              ...['--log-level', logLevel, '--drain-timeout', `${drainTimeout}ms`, '--drain-delay', '0ms'],
            ],
            env: environmentOf(role),
          })(events)
        } catch (error) {
          port?.release()
          throw error
        }
      },
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

const listens = (part: string) => part in OFFSETS

/** On which host a part listens, and what tells it so; undefined when it does not listen at all. */
function placeOf(
  part: string,
  { host, guarded = false }: PartSpecsOptions,
): { host: string; args: string[] } | undefined {
  if (!listens(part)) return undefined
  const isGuarded = GUARDED.has(part) && credentialsOf().isPasswordChosen
  const isPublic = part === 'gateway' || (!guarded && (PUBLIC.has(part) || isGuarded))
  return isPublic ? { host, args: ['--host', host] } : { host: LOOPBACK, args: [] }
}

/** Ports to hold for a replica, the best one first. The gateway's is the only one that nothing makes up for. */
function candidates(part: string, index: number, first: number): number[] {
  const wanted = first + (OFFSETS[part] ?? 0)
  if (index > 1 || first === 0 || wanted > LAST_PORT) return [0]
  return wanted === first ? [wanted] : [wanted, 0]
}

/** Where it cannot be held: the port that the role is to try by itself. */
async function portFor(part: string, index: number, first: number): Promise<number> {
  const [wanted = 0, other] = candidates(part, index, first)
  return other === undefined || (await isPortFree(wanted)) ? wanted : other
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
    const plain = role === 'gateway' ? {} : WITHOUT_TLS
    if (own !== undefined) return { ...secludedEnvironment(role), ...common, ...plain, ...withoutFiles(own) }
    return { ...common, ...plain, ...withoutFiles(heardBy(role, { ...data, ...executor })) }
  }
}

function secret(name: string): Environment {
  return { [name]: secretVariable(name, process.env)?.value ?? randomBytes(24).toString('base64url') }
}

/** What is said by value must not also be said by a file: a role would not know which of the two counts. */
function withoutFiles(env: Environment): Environment {
  const files = Object.keys(env).map((name) => [name + FILE_SUFFIX, undefined])
  return { ...Object.fromEntries(files), ...env }
}
