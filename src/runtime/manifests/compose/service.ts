import type { Secret, Store, Unit, Variable } from '../unit.ts'
import { COMMON, GRACE } from '../variables.ts'
import { choice, openPort } from './choice.ts'

/** Environment variables as compose has them; null stands for: as it is where compose runs, or not at all. */
type Environment = Record<string, string | null>

/** Where the stores of the file are. */
const ADDRESSES: Readonly<Record<Store, string>> = {
  redis: 'redis://redis:6379',
  postgres: 'postgres://agentctl@postgres:5432/agentctl',
}

const WELL_KNOWN = 'for-development-only'

/** Good enough to try it out: the ports are those of this machine alone, and the networks nobody else's. */
const SECRETS: Readonly<Record<Secret, string>> = {
  'executor-token': choice('AGENTCTL_EXECUTOR_TOKEN', WELL_KNOWN),
  'docker-proxy-token': choice('AGENTCTL_DOCKER_PROXY_TOKEN', WELL_KNOWN),
  'db-password': choice('DB_PASSWORD', WELL_KNOWN),
  'api-password': choice('API_PASSWORD', WELL_KNOWN),
}

/** The password of the database, which PostgreSQL must know, too. */
export const DB_PASSWORD = SECRETS['db-password']

/** Variables of every role, once for all. */
export const CHOICES: Environment = environmentOf(COMMON)

/** What all containers of roles are like: they write to /tmp alone, and may do nothing that takes privileges. */
export function everyRole(image: string | undefined): Record<string, unknown> {
  return {
    ...(image === undefined ? { image: choice('AGENTCTL_IMAGE', 'agentctl'), build: '.' } : { image }),
    restart: 'unless-stopped',
    init: true,
    ...HARDENED,
    tmpfs: ['/tmp:size=16m,mode=1777'],
    stop_grace_period: `${GRACE}s`,
    logging: { driver: 'local' },
  }
}

/** What every container here is held by, those of stores too. */
export const HARDENED = {
  read_only: true,
  cap_drop: ['ALL'],
  security_opt: ['no-new-privileges:true'],
} as const

/** One unit as a service, beside what all roles have in common. */
export function serviceOf(unit: Unit): Record<string, unknown> {
  const { role, args, networks, published, port, engineSocket, replicas, volumes, healthPort, grace } = unit
  const mounts = volumes.map(({ name, path }) => `${name}:${path}`)
  return {
    command: [role, ...args],
    // The socket belongs to root on most machines; without capabilities, root is nobody special.
    ...(engineSocket ? { user: choice('DOCKER_PROXY_USER', 'root') } : {}),
    environment: environmentOf(unit.variables.filter((variable) => !COMMON.includes(variable))),
    ...(published ? { ports: [openPort(unit.name, port as number)] } : {}),
    ...(networks.join() === 'default' ? {} : { networks: [...networks] }),
    ...(engineSocket ? { volumes: [SOCKET] } : mounts.length > 0 ? { volumes: mounts } : {}),
    ...dependencies(unit),
    mem_limit: `${unit.memory}m`,
    // How often, and how long it may take, the image says.
    healthcheck: { test: ['CMD', '/app/health', String(healthPort), '/ready'] },
    ...(grace === GRACE ? {} : { stop_grace_period: `${grace}s` }),
    ...(replicas > 1 ? { deploy: { replicas } } : {}),
  }
}

const SOCKET = `${choice('DOCKER_SOCKET', '/var/run/docker.sock')}:/var/run/docker.sock`

function dependencies({ needs }: Unit): object {
  if (needs.length === 0) return {}
  return { depends_on: Object.fromEntries(needs.map((store) => [store, { condition: 'service_healthy' }])) }
}

function environmentOf(variables: readonly Variable[]): Environment {
  return Object.fromEntries(variables.map((variable) => [variable.name, textOf(variable)]))
}

function textOf(variable: Variable): string | null {
  if ('value' in variable) return variable.value
  if ('store' in variable) return ADDRESSES[variable.store]
  if ('secret' in variable) return SECRETS[variable.secret]
  return null
}
