import { type Controller, createController, type ScreenClock } from '../../src/ui/dash/controller.ts'
import { describeDetail } from '../../src/ui/dash/details/index.ts'
import { notesOf, panes } from '../../src/ui/dash/panes/index.ts'
import { textOfLine } from '../../src/ui/dash/parts.ts'
import { screenLines } from '../../src/ui/dash/screen/lines.ts'
import { charactersOf, type NamedKey } from '../../src/ui/dash/state/strokes.ts'
import type { TestDashboard } from './dashboard.ts'
import { SNAPSHOT_AT } from './snapshots.ts'

/** A dashboard's screen without a terminal: keys go in, lines come out. */
export interface TestScreen extends Controller {
  /** Characters as they are typed; keys with a name between angle brackets, such as `jj<enter>`. */
  type(keys: string): void
  lines(): string[]
  text(): string
  /** Lets time pass. */
  pass(ms: number): void
  readonly ended: string[]
  redraws(): number
}

export interface TestScreenOptions {
  columns?: number
  rows?: number
  pane?: Parameters<typeof createController>[0]['pane']
}

export function createTestScreen(source: TestDashboard, options: TestScreenOptions = {}): TestScreen {
  const { columns = 80, rows = 24, pane } = options
  const clock = createScreenClock()
  const ended: string[] = []
  let redraws = 0
  const controller = createController({
    source,
    parts: { panes, describe: describeDetail, notesOf },
    clock,
    size: { columns, rows },
    pane,
    onEnd: (how) => void ended.push(how),
    onRedraw: () => void redraws++,
  })
  const lines = () => screenLines(controller.scene()).map((line) => textOfLine(line).trimEnd())
  return {
    ...controller,
    ended,
    redraws: () => redraws,
    type(keys) {
      for (const [, named, text] of keys.matchAll(/<([a-z-]+)>|([\s\S])/gu))
        controller.press(named ? [{ key: named as NamedKey }] : charactersOf(text ?? ''))
    },
    lines,
    text: () => lines().join('\n'),
    pass: clock.pass,
  }
}

/** A clock that stands still until it is told. */
function createScreenClock(): ScreenClock & { pass(ms: number): void } {
  let now = Date.parse(SNAPSHOT_AT)
  const timers = new Set<{ ms: number; next: number; tick: () => void }>()
  return {
    now: () => now,
    every(ms, tick) {
      const timer = { ms, next: now + ms, tick }
      timers.add(timer)
      return () => timers.delete(timer)
    },
    pass(ms) {
      const end = now + ms
      while (now < end) {
        now = Math.min(end, ...[...timers].map(({ next }) => next))
        for (const timer of [...timers].filter(({ next }) => next <= now)) {
          timer.next += timer.ms
          timer.tick()
        }
      }
    },
  }
}
