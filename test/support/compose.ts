import { setTimeout as pause } from 'node:timers/promises'
import { createEngine, type Engine } from '../../src/runtime/platform/engine/index.ts'
import { freePort, run, works } from '../../src/runtime/platform/process/index.ts'
import { engineHost } from './engine.ts'

/** The images that a system is started from: those that `.ci/images` has made and named in the environment. */
const IMAGES = ['AGENTCTL_IMAGE', 'REDIS_IMAGE', 'POSTGRES_IMAGE'] as const

/** Milliseconds until all containers are healthy, on a machine that does other things as well. */
const STARTED_WITHIN = 300_000
/** Milliseconds between two looks. */
const LOOK_EVERY = 1_000

const FILE = new URL('../../docker-compose.yml', import.meta.url).pathname

/** What compose can be run with here. */
export interface Compose {
  host: string
  /** `docker compose`, or the program that was there before. */
  command: readonly [string, ...string[]]
}

/** A container, as far as the tests look at it. */
export interface Container {
  Id: string
  Name: string
  State: { Status: string; ExitCode: number; OOMKilled: boolean; Health?: { Status: string } }
  Config: { User: string; Env: string[] | null; Labels: Record<string, string> }
  HostConfig: {
    ReadonlyRootfs: boolean
    CapDrop: string[]
    SecurityOpt: string[]
    Memory: number
    Privileged: boolean
    Binds: string[] | null
  }
}

/** Everything that docker-compose.yml starts, under a name of its own. */
export interface System {
  engine: Engine
  /** Where gateway, campaigns and agents are published. */
  urls: Readonly<Record<'gateway' | 'campaigns' | 'agents', string>>
  compose(...args: string[]): Promise<string>
  /** Starts what is not running, and waits until all of it is healthy. */
  up(...args: string[]): Promise<void>
  /** The containers of a service, or all of them. */
  containers(service?: string): Promise<Container[]>
  /** Kills one at once, as the kernel would, and starts it again. */
  killAndRestart(container: Container): Promise<void>
  /** What the engine has of it, by name: containers, networks and volumes. */
  leftovers(): Promise<string[]>
}

/** Undefined, said on stderr, where there is no engine, no compose or no image. */
export async function findCompose(): Promise<Compose | undefined> {
  const host = await engineHost()
  if (host === undefined) return undefined
  const missing = IMAGES.filter((name) => !process.env[name])
  if (missing.length > 0) return skip(`${missing.join(', ')} not set: export $(.ci/images)`)
  if (await works('docker', ['compose', 'version'])) return { host, command: ['docker', 'compose'] }
  if (await works('docker-compose', ['version'])) return { host, command: ['docker-compose'] }
  return skip('neither `docker compose` nor docker-compose')
}

function skip(why: string): undefined {
  process.stderr.write(`\n!!! SKIPPED: the compose file is not tried (${why})\n\n`)
}

/** Nothing is started yet. */
export async function createSystem({ host, command: [program, ...first] }: Compose): Promise<System> {
  const project = `agentctl-test-${process.pid}`
  const [gateway, campaigns, agents] = [await freePort(), await freePort(), await freePort()]
  const env = {
    DOCKER_HOST: host,
    DOCKER_SOCKET: host.replace(/^unix:\/\//, ''),
    COMPOSE_PROJECT_NAME: project,
    GATEWAY_PORT: String(gateway),
    CAMPAIGNS_PORT: String(campaigns),
    AGENTS_PORT: String(agents),
  }
  const engine = createEngine(host)
  const label = `com.docker.compose.project=${project}`

  const compose = (...args: string[]) =>
    run(program, [...first, '-f', FILE, ...args], { env, timeout: STARTED_WITHIN })

  const list = <T>(path: string, labels: string[]) =>
    engine.json<T>({
      method: 'GET',
      path: `${path}${path.includes('?') ? '&' : '?'}${new URLSearchParams({ filters: JSON.stringify({ label: labels }) })}`,
    })

  async function containers(service?: string): Promise<Container[]> {
    const labels = service === undefined ? [label] : [label, `com.docker.compose.service=${service}`]
    const found = await list<{ Id: string }[]>('/containers/json?all=1', labels)
    return Promise.all(
      found.map(({ Id }) => engine.json<Container>({ method: 'GET', path: `/containers/${Id}/json` })),
    )
  }

  return {
    engine,
    urls: {
      gateway: `http://localhost:${gateway}`,
      campaigns: `http://localhost:${campaigns}`,
      agents: `http://localhost:${agents}`,
    },
    compose,
    containers,
    async up(...args) {
      await compose('up', '-d', '--no-build', ...args)
      await healthy(containers)
    },
    async killAndRestart({ Id }) {
      await run('docker', ['restart', '--time', '0', Id], { env })
    },
    async leftovers() {
      const networks = await list<{ Name: string }[]>('/networks', [label])
      const { Volumes } = await list<{ Volumes: { Name: string }[] | null }>('/volumes', [label])
      const names = [...(await containers()), ...networks, ...(Volumes ?? [])]
      return names.map(({ Name }) => Name)
    },
  }
}

async function healthy(containers: () => Promise<Container[]>): Promise<void> {
  const deadline = Date.now() + STARTED_WITHIN
  for (;;) {
    const missing = (await containers()).filter(({ State }) => !(isHealthy(State) || isDone(State)))
    if (missing.length === 0) return
    if (Date.now() > deadline) throw new Error(`not healthy: ${missing.map(({ Name }) => Name).join(', ')}`)
    await pause(LOOK_EVERY)
  }
}

const isHealthy = ({ Health }: Container['State']) => Health?.Status === 'healthy'
const isDone = ({ Status, ExitCode }: Container['State']) => Status === 'exited' && ExitCode === 0

/** What curl prints; it fails where curl does, and on an answer of 400 or more. */
export function curl(...args: string[]): Promise<string> {
  return run('curl', ['--silent', '--show-error', '--fail-with-body', '--max-time', '120', ...args])
}
