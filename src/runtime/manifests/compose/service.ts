import { needsApi } from '../kubernetes/access.ts'
import type { Store, Unit, Variable } from '../unit.ts'
import { COMMON, GRACE } from '../variables.ts'
import { choice, openPort } from './choice.ts'
import { SECRETS_MADE, secretFile, secretMount, secretsOf } from './secrets.ts'

/** Environment variables as compose has them; null stands for: as it is where compose runs, or not at all. */
type Environment = Record<string, string | null>

/** Where the stores of the file are. */
const ADDRESSES: Readonly<Record<Store, string>> = {
  redis: 'redis://redis:6379',
  postgres: 'postgres://agentctl@postgres:5432/agentctl',
}

/** Variables of every role, once for all. */
export const CHOICES: Environment = Object.fromEntries(COMMON.map(({ name }) => [name, null]))

/** What the Dockerfile beside the file makes. */
export const BUILT_IMAGE = choice('AGENTCTL_IMAGE', 'agentctl')

/** What all containers of roles are like: they write to /tmp alone, and may do nothing that takes privileges. */
export function everyRole(image: string | undefined): Record<string, unknown> {
  return {
    image: image ?? BUILT_IMAGE,
    ...(image === undefined ? { build: '.' } : {}),
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
export function serviceOf(unit: Unit, image: string): Record<string, unknown> {
  const { role, args, networks, published, port, engineSocket, replicas, volumes, healthPort, grace } = unit
  const own = unit.variables.filter((variable) => !COMMON.includes(variable))
  const cluster = needsApi(unit)
  const mounts = [
    ...(engineSocket ? [SOCKET] : []),
    ...(cluster ? [KUBECONFIG.mount] : []),
    ...volumes.map(({ name, path }) => `${name}:${path}`),
    ...secretsOf(unit).map((secret) => secretMount(secret)),
  ]
  return {
    ...(unit.profile === undefined ? {} : { profiles: [unit.profile] }),
    command: [role, ...args],
    // The socket belongs to root on most machines; without capabilities, root is nobody special.
    ...(engineSocket ? { user: choice('DOCKER_PROXY_USER', 'root') } : {}),
    environment: { ...environmentOf(own, image), ...(cluster ? KUBECONFIG.variable : {}) },
    ...(published ? { ports: [openPort(unit.name, port as number)] } : {}),
    ...(networks.join() === 'default' ? {} : { networks: [...networks] }),
    ...(mounts.length > 0 ? { volumes: mounts } : {}),
    ...dependencies(unit),
    mem_limit: `${unit.memory}m`,
    // How often, and how long it may take, the image says.
    healthcheck: { test: ['CMD', '/app/health', String(healthPort), '/ready'] },
    ...(grace === GRACE ? {} : { stop_grace_period: `${grace}s` }),
    ...(replicas > 1 ? { deploy: { replicas } } : {}),
  }
}

/** How to reach a cluster, which a container outside of it cannot know. */
const KUBECONFIG = {
  variable: { AGENTCTL_KUBECONFIG: '/kubeconfig' },
  mount: `${choice('KUBECONFIG', '~/.kube/config')}:/kubeconfig:ro`,
}

const SOCKET = `${choice('DOCKER_SOCKET', '/var/run/docker.sock')}:/var/run/docker.sock`

function dependencies(unit: Unit): object {
  const stores = unit.needs.map((store) => [store, { condition: 'service_healthy' }])
  const all = { ...(secretsOf(unit).length > 0 ? SECRETS_MADE : {}), ...Object.fromEntries(stores) }
  return Object.keys(all).length > 0 ? { depends_on: all } : {}
}

function environmentOf(variables: readonly Variable[], image: string): Environment {
  return Object.fromEntries(variables.map((variable) => setting(variable, image)))
}

function setting(variable: Variable, image: string): [name: string, value: string | null] {
  if ('secret' in variable) return [`${variable.name}_FILE`, secretFile(variable.secret)]
  if ('value' in variable) return [variable.name, variable.value]
  if ('store' in variable) return [variable.name, ADDRESSES[variable.store]]
  if ('ownImage' in variable) return [variable.name, image]
  return [variable.name, null]
}
