import { setTimeout as pause } from 'node:timers/promises'
import type { z } from 'zod'
import { parseRanges } from '../runtime/autoscale/index.ts'
import { AgentctlError, folders, loadConfig } from '../runtime/kernel/index.ts'
import { parts } from '../runtime/parts.ts'
import { spawnDetached } from '../runtime/platform/process/index.ts'
import { redisUrlOf } from '../runtime/platform/redis/index.ts'
import {
  connectToServe,
  parsePlan,
  runningServe,
  type Serve,
  type ServeStatus,
  startServe,
  supervisorError,
} from '../runtime/supervisor/index.ts'
import { banner } from './banner.ts'
import { checkScreen, showAttached } from './dash/attached-screen.ts'
import { defaultRoles } from './default-roles.ts'
import { toValues } from './flags.ts'
import { createLogFormat } from './log-lines.ts'
import { programPath } from './program.ts'
import { serveSettings } from './serve-settings.ts'
import { stateDirOf } from './state-only.ts'
import { createStop } from './stop.ts'
import { workOptions } from './work-options.ts'

interface Surroundings {
  json: boolean
  argv: readonly string[]
  say(text: string): void
}

interface ServeFlags {
  roles?: string | undefined
  ephemeral: boolean
  detach: boolean
  /** Draws the dashboard instead of printing what the replicas log. */
  ui: boolean
}

export interface ServeResult {
  exitCode: number
  status?: ServeStatus
}

/** Runs `agentctl serve` in the foreground until it is told to stop, or hands it to a background process. */
export async function runServe(
  flags: ServeFlags & Record<string, unknown>,
  surroundings: Surroundings,
): Promise<ServeResult> {
  if (flags.ui) checkScreen({ detach: flags.detach, json: surroundings.json })
  return flags.detach ? detach(flags, surroundings) : foreground(flags, surroundings)
}

async function foreground(
  flags: ServeFlags & Record<string, unknown>,
  { json, say }: Surroundings,
): Promise<ServeResult> {
  const began = performance.now()
  const plan = parsePlan(
    flags.roles ?? (await defaultRoles()),
    parts.map(({ name }) => name),
  )
  const { roles: _, ephemeral, detach: __, ui, ...own } = flags
  const { values } = loadConfig(serveSettings, toValues(own))
  const autoscale = {
    ranges: values.autoscale === undefined ? new Map() : parseRanges(values.autoscale, parts),
    work: workOptions(values),
    wait: values.autoscaleWait,
    cooldown: values.autoscaleCooldown,
  }
  const format = createLogFormat(process.stderr.hasColors?.() === true)
  const stop = createStop()
  let drawing = false
  try {
    const serve = await startServe({
      ...values,
      bin: programPath(),
      plan,
      ephemeral,
      redisUrl: hasRedis(values) ? redisUrlOf(values) : undefined,
      databaseUrl: await databaseOf(values),
      parts,
      autoscale,
      guarded: values.auth !== 'off' || values.tlsCert !== undefined,
      partArgs: {
        worker: ['--handler', values.handler, '--concurrency', String(values.concurrency)],
        gateway: gatewayArgs(values),
      },
      signal: stop.signal,
      say,
      // While the screen is drawn, they are on it.
      onLog: (line) => drawing || say(format(line)),
      onDown: stop.request,
      onSupervisor: (supervisor) => stop.onKill(() => supervisor.kill()),
    })
    if (!stop.signal.aborted) {
      await announce(serve, performance.now() - began, json, say)
      drawing = ui
      if (ui) await showAttached(serve, { stop, stateDir: values.stateDir, say })
      drawing = false
      await stop.requested
    }
    say('Stopping: the work under way is finished first. Press Ctrl-C again to end it now.')
    await serve.stop()
  } catch (error) {
    if (!(error instanceof AgentctlError && error.code === 'ROLE_STOPPED')) throw error
  } finally {
    stop.release()
  }
  say('Stopped.')
  return { exitCode: 0 }
}

async function announce(
  serve: Serve,
  took: number,
  json: boolean,
  say: (text: string) => void,
): Promise<void> {
  if (json) process.stdout.write(`${JSON.stringify(serve.status())}\n`)
  else say(banner(serve.status(), took))
}

/** How the gateway is guarded; paths of files and names alone, as everybody may read command lines. */
function gatewayArgs({ auth, allowedHosts, ...files }: Guarding): string[] {
  const { tlsCert, tlsKey, tlsCa } = files
  const given = {
    ...{ auth, 'allowed-hosts': allowedHosts.join(',') || undefined },
    ...{ 'tls-cert': tlsCert, 'tls-key': tlsKey, 'tls-ca': tlsCa },
  }
  return Object.entries(given).flatMap(([name, value]) => (value === undefined ? [] : [`--${name}`, value]))
}

type Guarding = Pick<z.output<typeof serveSettings>, 'auth' | 'allowedHosts' | 'tlsCert' | 'tlsKey' | 'tlsCa'>

function hasRedis(values: { redisUrl?: unknown; redisHost?: unknown; redisPort?: unknown }): boolean {
  return values.redisUrl !== undefined || values.redisHost !== undefined || values.redisPort !== undefined
}

/** The driver is loaded where it is needed only. */
async function databaseOf(values: { databaseUrl?: string | undefined; dbPassword?: string | undefined }) {
  if (values.databaseUrl === undefined) return undefined
  return (await import('../runtime/platform/sql/index.ts')).databaseUrlOf(values)
}

/** Milliseconds a detached serve may take to become ready; fetching Redis included. */
const DETACH_TIMEOUT = 120_000

async function detach(
  flags: Record<string, unknown>,
  { argv, json, say }: Surroundings,
): Promise<ServeResult> {
  const stateDir = stateDirOf(flags)
  const running = runningServe(stateDir)
  if (running)
    throw supervisorError('SERVE_RUNNING', `process ${running.pid} runs in ${folders(stateDir).state}`)
  const args = argv.filter((word) => word !== '--detach' && word !== '-d' && word !== '--json')
  const child = spawnDetached(process.execPath, [programPath(), 'serve', ...args], folders(stateDir).state)
  say(`Starting in the background; its log is ${child.log}`)
  const deadline = Date.now() + DETACH_TIMEOUT
  while (Date.now() < deadline) {
    if (child.hasEnded()) break
    const status = await statusOf(stateDir, child.pid)
    if (status) {
      if (!json) say(banner(status, Date.now() - Date.parse(status.started_at)))
      return { exitCode: 0, status }
    }
    await pause(100)
  }
  child.terminate()
  throw supervisorError('SERVE_DETACH_FAILED', `see ${child.log}\n${child.lastLines()}`)
}

/** Its status once it is ready. What comes later, such as the workers of a feature, may have trouble of its own. */
async function statusOf(stateDir: string | undefined, pid: number): Promise<ServeStatus | undefined> {
  if (runningServe(stateDir)?.pid !== pid) return undefined
  const status = await connectToServe(stateDir)
    .status()
    .catch(() => undefined)
  return status?.ready ? status : undefined
}
