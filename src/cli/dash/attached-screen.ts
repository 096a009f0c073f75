import { dashboardError } from '../../runtime/dashboard/index.ts'
import { kernelError, messageOf } from '../../runtime/kernel/index.ts'
import type { Serve } from '../../runtime/supervisor/index.ts'
import type { Stop } from '../stop.ts'
import { screenObstacle } from './obstacle.ts'

/**
 * Says what keeps `serve --ui` from drawing before anything is started.
 * @throws AgentctlError CONFIG_INVALID, DASH_NEEDS_TERMINAL
 */
export function checkScreen({ detach, json }: { detach: boolean; json: boolean }): void {
  const other = detach ? '--detach' : json ? '--json' : undefined
  if (other !== undefined)
    throw kernelError('CONFIG_INVALID', `--ui and ${other} contradict each other: give one`, { field: 'ui' })
  const obstacle = screenObstacle()
  if (obstacle !== undefined) throw dashboardError('DASH_NEEDS_TERMINAL', obstacle)
}

/** Milliseconds between two looks, to begin with. */
const INTERVAL = 1_000

export interface AttachedOptions {
  stop: Stop
  stateDir: string | undefined
  say(text: string): void
}

/**
 * Shows the dashboard of the serve that this process runs until it is closed, which stops the serve as Ctrl-C does. Should the
 * screen fail, the serve goes on without it.
 */
export async function showAttached(serve: Serve, { stop, stateDir, say }: AttachedOptions): Promise<void> {
  try {
    await draw(serve, stop.signal, stateDir)
  } catch (error) {
    say(`The screen has failed, everything else goes on: ${messageOf(error)}`)
    return
  }
  // How the screen ended is not how this process does: it goes on to stop everything.
  process.exitCode = undefined
  if (!stop.signal.aborted) stop.interrupt()
}

async function draw(serve: Serve, signal: AbortSignal, stateDir: string | undefined): Promise<void> {
  const [{ openDashboard }, { probes }, { createLogger }, { openScreen }] = await Promise.all([
    import('../../runtime/dashboard/open.ts'),
    import('../../runtime/probes.ts'),
    import('../../runtime/platform/log/index.ts'),
    import('../../ui/dash/open-screen.tsx'),
  ])
  const { redis = '' } = serve.status().urls
  const source = await openDashboard({
    ...{ redisUrl: redis, context: null, probes, readOnly: false, interval: INTERVAL },
    log: createLogger({ level: 'silent', bindings: {} }),
    attachedTo: serve.client,
    ...(stateDir === undefined ? {} : { stateDir }),
  })
  try {
    await openScreen(source, { signal })
  } finally {
    await source.close()
  }
}
