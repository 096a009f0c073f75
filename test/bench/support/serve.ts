import { type ChildProcess, spawn } from 'node:child_process'
import { get } from 'node:http'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { freePort } from '../../../src/runtime/platform/process/index.ts'
import { now, sleep } from './clock.ts'
import { temporaryFolder } from './folder.ts'

export const BIN = fileURLToPath(new URL('../../../bin/agentctl.js', import.meta.url))
const READY_TIMEOUT = 60_000
const STOP_TIMEOUT = 40_000
/** Between two questions, and therefore the resolution. */
const POLL = 10

/** `agentctl serve` with data and port of its own, as a user starts it. */
export interface ServeProgram {
  url: string
  pid: number
  /** Where other commands find it. */
  stateDir: string
  /** Milliseconds from its start until its gateway answered 200 to /ready. */
  readyAfter: number
  stop(): Promise<void>
}

/**
 * @param args of `serve`, besides `--ephemeral` and where it listens
 * @param env what its environment has besides
 */
export async function startServe(
  args: readonly string[] = [],
  env: Readonly<Record<string, string>> = {},
): Promise<ServeProgram> {
  const port = await freePort()
  const cwd = temporaryFolder()
  const stateDir = join(cwd, 'state')
  const own = [BIN, 'serve', '--ephemeral', '--port', String(port), '--state-dir', stateDir]
  const started = now()
  const child = spawn(process.execPath, [...own, ...args], {
    ...{ cwd, stdio: 'ignore' },
    env: { ...ownSettings(), ...env },
  })
  const exited = new Promise<void>((resolve) => child.once('exit', () => resolve()))
  const url = `http://127.0.0.1:${port}`
  try {
    await untilReady(`${url}/ready`, child)
  } catch (error) {
    await stop(child, exited)
    throw error
  }
  const readyAfter = now() - started
  return { url, pid: child.pid as number, stateDir, readyAfter, stop: () => stop(child, exited) }
}

/** Nothing of the caller's environment may change what is started. */
function ownSettings(): NodeJS.ProcessEnv {
  const foreign = /^(AGENTCTL_|REDIS_|DATABASE_URL$|NODE_OPTIONS$|PORT$|LOG_LEVEL$|OTEL_)/
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !foreign.test(name)))
}

async function untilReady(url: string, child: ChildProcess): Promise<void> {
  const until = now() + READY_TIMEOUT
  while ((await statusOf(url)) !== 200) {
    if (child.exitCode !== null) throw new Error(`agentctl serve ended with exit code ${child.exitCode}`)
    if (now() > until) throw new Error(`agentctl serve was not ready after ${READY_TIMEOUT / 1_000} s`)
    await sleep(POLL)
  }
}

/** Undefined while nobody listens. */
function statusOf(url: string): Promise<number | undefined> {
  return new Promise((resolve) => {
    const request = get(url, { agent: false, timeout: 1_000 }, (response) => {
      response.resume().once('end', () => resolve(response.statusCode))
    })
    request.once('timeout', () => request.destroy())
    request.once('error', () => resolve(undefined))
  })
}

async function stop(child: ChildProcess, exited: Promise<void>): Promise<void> {
  if (child.exitCode === null) child.kill('SIGTERM')
  const late = setTimeout(() => child.kill('SIGKILL'), STOP_TIMEOUT)
  await exited
  clearTimeout(late)
}
