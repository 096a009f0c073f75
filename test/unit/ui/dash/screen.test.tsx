import { render } from 'ink-testing-library'
import { afterEach, describe, expect, it } from 'vitest'
import { widthOfLine } from '../../../../src/ui/dash/parts.ts'
import { Screen } from '../../../../src/ui/dash/Screen.tsx'
import { screenLines } from '../../../../src/ui/dash/screen/lines.ts'
import { createTestDashboard } from '../../../support/dashboard.ts'
import { createTestScreen } from '../../../support/screen.ts'
import {
  emptySnapshot,
  exampleGroup,
  exampleReplica,
  exampleSnapshot,
  exampleStream,
  SNAPSHOT_AT,
} from '../../../support/snapshots.ts'

const HOSTILE = 'x\u001b[2J\u001b]0;title\u0007\u009b31m\u202eevil\r\n日本語👩‍💻\u200b'

const hostile = exampleSnapshot({
  context: { name: HOSTILE, redis: HOSTILE, serve: null },
  trouble: { since: SNAPSHOT_AT, what: HOSTILE },
  redis: null,
  streams: Array.from({ length: 30 }, (_, at) => exampleStream({ stream: `${HOSTILE}${at}`, kind: HOSTILE })),
  groups: [exampleGroup({ stream: HOSTILE, group: HOSTILE, lag: null })],
  replicas: [
    exampleReplica({ name: HOSTILE, role: HOSTILE, failure: HOSTILE, last_exit: HOSTILE, url: HOSTILE }),
  ],
  dead_letters: [{ type: HOSTILE, count: 1, oldest: SNAPSHOT_AT, newest: SNAPSHOT_AT }],
  unknown: [{ pane: 'streams', what: HOSTILE, fix: HOSTILE }],
})

const SIZES = [
  [40, 10],
  [60, 15],
  [80, 24],
  [120, 40],
  [300, 100],
] as const

/** Everything that can be on the screen, by the keys that lead there. */
const WAYS = [
  '',
  '2',
  '3',
  '4',
  '5',
  '6',
  '7',
  '?',
  '2<enter>',
  '3<enter>',
  '4<enter>',
  '4G<enter>',
  '7<enter>',
  '4x',
  '2/\u65e5x',
  'q',
]

const settled = () => new Promise((resolve) => setImmediate(resolve))

describe.each([
  ['hostile', hostile],
  ['empty', emptySnapshot()],
  ['usual', exampleSnapshot()],
])('the screen of a %s system', (_, snapshot) => {
  it.each(SIZES)('fits %d×%d, whatever is shown', async (columns, rows) => {
    for (const way of WAYS) {
      const source = createTestDashboard(snapshot, { attached: true })
      source.log({
        time: SNAPSHOT_AT,
        replica: HOSTILE,
        line: `{"level":50,"msg":${JSON.stringify(HOSTILE)}}`,
      })
      source.log({ time: SNAPSHOT_AT, replica: 'worker-1', line: HOSTILE.repeat(20) })
      const screen = createTestScreen(source, { columns, rows })
      screen.type(way)
      await settled()
      const lines = screenLines(screen.scene())
      expect(lines, way).toHaveLength(rows - 1)
      for (const line of lines) {
        expect(widthOfLine(line), `${way}: ${line.map(({ text }) => text).join('')}`).toBeLessThanOrEqual(
          columns,
        )
      }
      expect(screen.text().replaceAll('\n', ''), way).not.toMatch(/[\p{Cc}\u202e]/u)
    }
  })
})

describe('the screen', () => {
  it('says what is wrong with Redis, and goes on by itself', () => {
    const source = createTestDashboard(exampleSnapshot())
    const screen = createTestScreen(source)
    const trouble = { since: SNAPSHOT_AT, what: 'Redis is away: connect ECONNREFUSED' }
    source.show(exampleSnapshot({ redis: null, trouble }))
    screen.pass(61_000)
    expect(screen.lines()[0]).toContain('Redis is away')
    expect(screen.lines()[1]).toContain('! Redis is away: connect ECONNREFUSED (since')
    expect(screen.lines()[1]).toContain('1m1s')
    expect(screen.lines()).toHaveLength(23)
    source.show(exampleSnapshot())
    expect(screen.text()).not.toContain('away')
  })

  it.each([
    [39, 24],
    [80, 9],
    [20, 5],
    [3, 2],
    [1, 1],
  ])('of %d×%d is one line that says how large it must be', (columns, rows) => {
    const screen = createTestScreen(createTestDashboard(exampleSnapshot()), { columns, rows })
    expect(screen.lines()).toHaveLength(1)
    expect(screen.text().length).toBeLessThanOrEqual(columns)
    if (columns >= 12) expect(screen.text()).toContain('40×10')
    screen.resize({ columns: 80, rows: 24 })
    expect(screen.lines()).toHaveLength(23)
  })

  it('waits for the first sample', () => {
    const source = createTestDashboard()
    const screen = createTestScreen(source, { pane: 'streams' })
    expect(screen.text()).toContain('Waiting for the first sample')
    source.show(exampleSnapshot())
    expect(screen.text()).toContain('stream:chat:7')
  })

  it('says what a pane cannot show', () => {
    const unknown = [{ pane: 'latency' as const, what: 'Stages are not known', fix: 'run serve' }]
    const screen = createTestScreen(createTestDashboard(exampleSnapshot({ unknown })), { pane: 'latency' })
    expect(screen.lines().at(-3)).toContain('Stages are not known. Fix: run serve')
  })

  it('says when Redis is asked less often than is wanted', () => {
    const source = createTestDashboard(exampleSnapshot())
    const screen = createTestScreen(source, { columns: 120 })
    expect(screen.lines()[0]).not.toContain('slow')
    source.show(exampleSnapshot({ interval_ms: 4_000 }))
    expect(screen.lines()[0]).toContain('every 4s (slow)')
  })
})

describe('the screen in Ink', () => {
  const opened: { unmount(): void }[] = []
  afterEach(() => {
    for (const view of opened.splice(0)) view.unmount()
  })

  function open(source = createTestDashboard(exampleSnapshot())) {
    const screen = createTestScreen(source, { columns: 100, rows: 24 })
    const view = render(<Screen controller={screen} />)
    opened.push(view)
    return { screen, view }
  }

  it('draws what the controller has, and hands keys to it', async () => {
    const source = createTestDashboard(exampleSnapshot())
    const { view } = open(source)
    view.stdin.write('4')
    await expect.poll(() => view.lastFrame()).toContain('[4 Replicas]')
    view.stdin.write('jj')
    await expect.poll(() => view.lastFrame()).toMatch(/> +worker/)
    source.show(exampleSnapshot({ replicas: [exampleReplica({ name: 'worker-77' })] }))
    await expect.poll(() => view.lastFrame()).toContain('worker-77')
  })

  it('takes what is typed fast as single keys, and a paste as text', async () => {
    const { view, screen } = open()
    view.stdin.write('2jj/chat')
    await expect.poll(() => view.lastFrame()).toContain('/chat')
    view.stdin.write('\u001b[200~ q\n\u001b[201~')
    await expect.poll(() => view.lastFrame()).toContain('/chat q')
    expect(screen.ended).toEqual([])
  })
})
