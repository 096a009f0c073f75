import { render } from 'ink'
import type { LoadPlan, Progress } from '../../runtime/loadtest/index.ts'
import type { BoundsOf } from './chart.ts'
import { LoadView } from './LoadView.tsx'
import { createLive } from './live.ts'

export interface LoadViewOptions {
  readonly plan: LoadPlan
  readonly boundsOf: BoundsOf
  /** Called once, by the first Ctrl-C: the terminal passes keys on as they are while the view is open. */
  onStop(): void
  /** A terminal; default: stderr, so that stdout stays free for the report. */
  readonly stdout?: NodeJS.WriteStream
  readonly stdin?: NodeJS.ReadStream
  /** What a second Ctrl-C does once the terminal is clean; default: what the signal would have done. */
  interrupt?(): void
}

export interface OpenLoadView {
  /** Shown at most four times a second. */
  update(progress: Progress): void
  /** Takes the view away, so that what follows begins where it was. Can be called again. */
  close(): Promise<void>
}

/** Opens the live view of a run of the load tester. The caller closes it, however the run ends. */
export function openLoadView(options: LoadViewOptions): OpenLoadView {
  const { plan, boundsOf, onStop, stdout = process.stderr, stdin = process.stdin } = options
  const { interrupt = () => process.kill(process.pid, 'SIGINT') } = options
  const live = createLive()

  function onInterrupt(): void {
    if (live.get().stopping) return void close().then(interrupt)
    live.stop()
    onStop()
  }

  const instance = render(
    <LoadView plan={plan} live={live} boundsOf={boundsOf} onInterrupt={onInterrupt} />,
    // Whoever opens it has made sure that there is a terminal; the default would look for signs of CI.
    {
      stdout,
      stdin,
      interactive: true,
      exitOnCtrlC: false,
      patchConsole: false,
      incrementalRendering: true,
      maxFps: 10,
    },
  )

  let closed: Promise<void> | undefined
  async function end(): Promise<void> {
    live.end()
    await instance.waitUntilRenderFlush()
    instance.unmount()
    await instance.waitUntilExit()
  }
  function close(): Promise<void> {
    closed ??= end()
    return closed
  }
  return { update: live.update, close }
}
