import type { PaneName, Snapshot } from '../runtime/dashboard/index.ts'
import { type DashboardOptions, openDashboard } from '../runtime/dashboard/open.ts'
import { kernelError } from '../runtime/kernel/index.ts'
import { createLogger } from '../runtime/platform/log/index.ts'
import { redisUrlOf } from '../runtime/platform/redis/index.ts'
import { probes } from '../runtime/probes.ts'
import { currentContext } from '../runtime/settings.ts'
import { dashSettings } from './dash/dash-flags.ts'
import { secondSnapshot, snapshots } from './dash/look.ts'
import { screenObstacle } from './dash/obstacle.ts'
import { toValues } from './flags.ts'
import { interrupted } from './interrupted.ts'
import { resolveSettings } from './settings.ts'
import { stateDirOf } from './state-only.ts'
import { redisOnly } from './streams/stream-flags.ts'
import { withRedis } from './with-redis.ts'

export interface DashFlags extends Record<string, unknown> {
  once: boolean
  follow: boolean
  'read-only': boolean
  /** Milliseconds. */
  interval?: number | undefined
  pane?: PaneName | undefined
  output: 'text' | 'json' | 'ndjson'
}

/** Milliseconds. */
const INTERVAL = 1_000

interface Output {
  json: boolean
  /** For people. */
  say(text: string): void
  /** One line of data. */
  print(line: string): Promise<void>
}

/**
 * Opens the dashboard, or prints what it would show.
 * @throws AgentctlError CONFIG_INVALID, CONTEXT_INCOMPLETE, REDIS_URL_INVALID, and REDIS_UNREACHABLE where it prints
 */
export async function runDash(flags: DashFlags, output: Output): Promise<void> {
  const isData = output.json || flags.output !== 'text'
  if (flags.follow && !isData)
    throw kernelError('CONFIG_INVALID', '--follow prints lines of JSON: give --json, too', {
      field: 'follow',
      fix: 'Write `agentctl dash --json --follow`; a terminal shows the same with `agentctl dash`.',
    })
  const obstacle = screenObstacle()
  if (!isData && !flags.once && obstacle === undefined) return showScreen(flags)
  if (!isData && !flags.once) output.say(`Shown once: ${obstacle}. --once says so from the start.`)
  // Who waits for an answer is told at once that there is none.
  await withRedis(redisOnly, flags, async () => {})
  if (flags.follow) return printEach(flags, output)
  const snapshot = await lookOnce(flags)
  await output.print(isData ? asJson(snapshot, flags.output) : await asText(snapshot, flags.pane))
}

/** Redis may be away: the screen says so and waits. */
async function showScreen(flags: DashFlags): Promise<void> {
  const options = optionsOf(flags)
  const { openScreen } = await import('../ui/dash/open-screen.tsx')
  const signal = interrupted()
  const source = await openDashboard(options)
  try {
    await openScreen(source, { signal, ...(flags.pane === undefined ? {} : { pane: flags.pane }) })
  } finally {
    await source.close()
  }
}

async function printEach(flags: DashFlags, { print }: Output): Promise<void> {
  const signal = interrupted()
  const source = await openDashboard({ ...optionsOf(flags), thorough: true })
  try {
    for await (const snapshot of snapshots(source, signal)) await print(JSON.stringify(snapshot))
  } finally {
    await source.close()
  }
}

async function lookOnce(flags: DashFlags): Promise<Snapshot> {
  const source = await openDashboard({ ...optionsOf(flags), thorough: true })
  try {
    return await secondSnapshot(source)
  } finally {
    await source.close()
  }
}

function optionsOf(flags: DashFlags): DashboardOptions {
  const findRedis = () => redisUrlOf(resolveSettings(redisOnly, flags).values)
  const { values, sources } = resolveSettings(dashSettings, flags, { lenient: true })
  const context = currentContext(toValues(flags)).name
  const stateDir = stateDirOf(flags)
  // With a context in use, the usual address on this machine is not what anybody means.
  const isMeant = context === null || sources.gatewayUrl?.source !== 'default'
  return {
    redisUrl: findRedis(),
    findRedis,
    context,
    probes,
    readOnly: flags['read-only'],
    interval: flags.interval ?? INTERVAL,
    // The screen says what is wrong; lines of a log would only disturb it.
    log: createLogger({ level: 'silent', bindings: {} }),
    ...(stateDir === undefined ? {} : { stateDir }),
    ...(isMeant ? { gatewayUrl: values.gatewayUrl, apiKey: values.apiKey } : {}),
  }
}

function asJson(snapshot: Snapshot, form: DashFlags['output']): string {
  return form === 'ndjson' ? JSON.stringify(snapshot) : JSON.stringify(snapshot, null, 2)
}

/** Cells of the widest table where nothing says how wide a line may be. */
const WIDTH = 160

async function asText(snapshot: Snapshot, pane: PaneName | undefined): Promise<string> {
  const { snapshotText } = await import('../ui/dash/text.ts')
  const { columns: width = WIDTH } = process.stdout
  const colors = process.stdout.hasColors?.() === true
  return snapshotText(snapshot, { width, colors, ...(pane === undefined ? {} : { pane }) })
}
