import { constants } from 'node:os'
import { render } from 'ink'
import type { DashboardSource } from '../../runtime/dashboard/index.ts'
import { createController, type ScreenClock } from './controller.ts'
import { describeDetail } from './details/index.ts'
import type { Size } from './model.ts'
import { notesOf, panes } from './panes/index.ts'
import { Screen } from './Screen.tsx'
import type { ScreenOptions } from './screen-options.ts'
import { holdBack } from './stderr.ts'

/** Frames a second at most: keys show at once, samples come far less often. */
const MAX_FPS = 20
const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const
/** To the top left, and everything after it erased: what is there may have been moved by the terminal. */
const WIPE = '\u001b[H\u001b[J'

const systemClock: ScreenClock = {
  now: () => Date.now(),
  every(ms, tick) {
    const timer = setInterval(tick, ms)
    return () => clearInterval(timer)
  },
}

export async function runScreen(source: DashboardSource, options: ScreenOptions): Promise<void> {
  const { stdin = process.stdin, stdout = process.stdout, signal } = options
  const failure = Promise.withResolvers<never>()
  const controller = createController({
    source,
    parts: { panes, describe: describeDetail, notesOf },
    clock: systemClock,
    size: sizeOf(stdout),
    pane: options.pane,
    onEnd: (how) => (how === 'stop' ? interrupt('SIGINT') : ink.unmount()),
    onRedraw: redraw,
  })
  const release = holdBack(process.stderr)
  // Ink takes the keys a moment after its first frame: until then Ctrl-C would be a signal to whatever started this, too.
  if (stdin.isTTY) stdin.setRawMode(true)
  const ink = render(<Screen controller={controller} />, {
    stdin,
    stdout,
    alternateScreen: true,
    incrementalRendering: true,
    // Whoever opens a dashboard looks at it, whatever CI says.
    interactive: true,
    exitOnCtrlC: false,
    patchConsole: false,
    maxFps: MAX_FPS,
  })

  /** Before Ink sees the new size: else it draws the old lines on it first. */
  function redraw(): void {
    ink.clear()
    stdout.write(WIPE)
    controller.resize(sizeOf(stdout))
    ink.rerender(<Screen controller={controller} />)
  }

  function interrupt(name: (typeof SIGNALS)[number]): void {
    process.exitCode = 128 + constants.signals[name]
    ink.unmount()
  }

  const crash = (error: unknown) => failure.reject(error)
  const leave = () => ink.unmount()
  stdout.prependListener('resize', redraw)
  stdin.on('end', leave)
  signal?.addEventListener('abort', leave)
  process.on('uncaughtException', crash)
  for (const name of SIGNALS) process.on(name, interrupt)
  if (signal?.aborted) leave()
  try {
    await Promise.race([ink.waitUntilExit(), failure.promise])
  } finally {
    ink.unmount()
    controller.close()
    stdout.off('resize', redraw)
    stdin.off('end', leave)
    signal?.removeEventListener('abort', leave)
    process.off('uncaughtException', crash)
    for (const name of SIGNALS) process.off(name, interrupt)
    if (stdin.isTTY && stdin.isRaw) stdin.setRawMode(false)
    release()
  }
}

function sizeOf({ columns, rows }: NodeJS.WriteStream): Size {
  return { columns: columns || 80, rows: rows || 24 }
}
