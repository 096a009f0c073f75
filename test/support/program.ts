import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { execa } from 'execa'
import { freePort, isAlive } from '../../src/runtime/platform/process/index.ts'
import type { ServeStatus } from '../../src/runtime/supervisor/index.ts'

export const bin = fileURLToPath(new URL('../../bin/agentctl.js', import.meta.url))

/** An empty folder to run the program in. */
export interface Workplace {
  dir: string
  env: Record<string, string | undefined>
  remove(): void
}

/** Settings of whoever runs the tests must not reach the program under test. */
const UNSET = [
  'AGENTCTL_CONTEXT',
  'REDIS_URL',
  'REDIS_HOST',
  'REDIS_PORT',
  'PORT',
  'FEATURE_ID',
  'WORKER_NAME',
  'QDRANT_URL',
  'OPENAI_API_KEY',
  'OPENAI_BASE_URL',
  'ANTHROPIC_API_KEY',
  'OLLAMA_URL',
  'AI_MANAGEMENT_URL',
  'DEMO_DOMAIN_URL',
  'AGENTCTL_CAMPAIGNS_URL',
  'AGENTCTL_CONFIG_KEY',
  'API_USERNAME',
  'API_PASSWORD',
  'LT_CONCURRENCY',
  'AGENTCTL_LOADTEST_CONCURRENCY',
  'FORCE_COLOR',
  'NO_COLOR',
]

export function workplace(): Workplace {
  const dir = mkdtempSync(join(tmpdir(), 'agentctl-e2e-'))
  const env = {
    ...Object.fromEntries(UNSET.map((name) => [name, undefined])),
    AGENTCTL_STATE_DIR: join(dir, 'state'),
    // Contexts of whoever runs the tests must not reach the program under test, either.
    XDG_CONFIG_HOME: join(dir, 'config'),
  }
  return { dir, env, remove: () => rmSync(dir, { recursive: true, force: true }) }
}

/** Starts the built program; the caller awaits or ends it. */
export function agentctl(place: Workplace, ...args: string[]) {
  return execa(process.execPath, [bin, ...args], {
    cwd: place.dir,
    env: place.env,
    stdin: 'ignore',
    reject: false,
    forceKillAfterDelay: 20_000,
  })
}

export interface TestServe {
  url: string
  redisUrl: string
  status: ServeStatus
  child: ReturnType<typeof agentctl>
  /** Its present state, read over the control socket. */
  ps(): Promise<ServeStatus>
  /** Ends it in order and waits until everything is gone. */
  stop(): Promise<void>
}

/** What a test runs that does not say what it needs: two cores are few for everything. */
const FEW = ['--roles', 'gateway=1,worker=2']

/** Starts `agentctl serve` on a free port and resolves when it says that it is ready. */
export async function startServe(place: Workplace, ...args: string[]): Promise<TestServe> {
  const port = await freePort()
  const roles = args.includes('--roles') ? [] : FEW
  const child = agentctl(place, 'serve', '--json', '--port', String(port), ...roles, ...args)
  const status = await firstLine(child)
  return {
    url: status.urls.gateway ?? '',
    redisUrl: status.urls.redis ?? '',
    status,
    child,
    async ps() {
      const { stdout } = await agentctl(place, 'ps', '--json')
      return JSON.parse(stdout) as ServeStatus
    },
    async stop() {
      child.kill('SIGTERM')
      await child
    },
  }
}

async function firstLine(child: ReturnType<typeof agentctl>): Promise<ServeStatus> {
  const lines = createInterface({ input: child.stdout })
  const line = await Promise.race([once(lines, 'line'), child])
  if (Array.isArray(line)) return JSON.parse(line[0] as string) as ServeStatus
  throw new Error(`serve ended with ${line.exitCode} before it was ready:\n${line.stderr}`)
}

/** Resolves once none of the processes exists; fails after `timeout` milliseconds. */
export async function allGone(pids: readonly number[], timeout = 20_000): Promise<void> {
  await eventually(
    () => pids.every((pid) => !isAlive(pid)),
    timeout,
    () => `still alive: ${pids.filter(isAlive)}`,
  )
}

/** Resolves once `condition` holds; for what announces itself by no event. */
export async function eventually(
  condition: () => boolean | Promise<boolean>,
  timeout = 20_000,
  why: () => string = () => 'the condition never held',
): Promise<void> {
  const deadline = Date.now() + timeout
  while (!(await condition())) {
    if (Date.now() > deadline) throw new Error(`${why()} after ${timeout} ms`)
    await new Promise((again) => setTimeout(again, 50))
  }
}
