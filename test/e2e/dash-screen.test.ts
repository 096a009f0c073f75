import { execa } from 'execa'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { bin, eventually, type Workplace, workplace } from '../support/program.ts'
import { startTestRedis, type TestRedis } from '../support/redis.ts'
import { environmentOfPerson, KEYS, openTerminal, type TestTerminal } from '../support/terminal.ts'

const STREAMS = 300
const HOSTILE = 'evil\u001b[2J\u001b[31m\u0007日本語'

let redis: TestRedis
let place: Workplace
let terminal: TestTerminal | undefined

beforeAll(async () => {
  redis = await startTestRedis()
  place = workplace()
  await seed()
})
afterEach(() => terminal?.close())
afterAll(async () => {
  await redis?.close()
  place?.remove()
})

async function seed(): Promise<void> {
  const client = redis.connect()
  const pipeline = client.pipeline()
  for (let at = 0; at < STREAMS; at++)
    pipeline.xadd(`many:${String(at).padStart(3, '0')}`, '*', 'n', String(at))
  for (let at = 0; at < 12; at++) pipeline.xadd(HOSTILE, '*', 'text', HOSTILE)
  pipeline.xgroup('CREATE', 'many:000', 'readers', '0')
  await pipeline.exec()
}

const env = () => ({ ...place.env, REDIS_URL: redis.url })
const dash = ['dash', '--interval', '250ms']

function open(cols = 80, rows = 24, ...args: string[]): TestTerminal {
  terminal = openTerminal({
    file: process.execPath,
    args: [bin, ...dash, ...args],
    env: env(),
    cwd: place.dir,
    cols,
    rows,
  })
  return terminal
}

/** As somebody has it: a shell, where something was said before, and that goes on afterwards. */
function openInShell(): TestTerminal {
  const program = [process.execPath, bin, ...dash].map((word) => `'${word}'`).join(' ')
  const script = `echo said before; ${program}; echo "exit code $?"; stty -a`
  terminal = openTerminal({ file: '/bin/sh', args: ['-c', script], env: env(), cwd: place.dir, rows: 40 })
  return terminal
}

/** The first line ends with how new that is, the last but one the keys, and none is wider than the screen. */
function isWhole(screen: TestTerminal): boolean {
  const lines = screen.lines()
  return (
    /\d\d:\d\d:\d\d$|\ds ago$/.test(lines[0] ?? '') &&
    /^ q quit/.test(lines.at(-2) ?? '') &&
    lines.at(-1) === '' &&
    lines.filter((line) => line.includes('q quit')).length === 1 &&
    lines.filter((line) => /\[\d [A-Z]/.test(line)).length === 1
  )
}

describe('the dashboard on a terminal', () => {
  test('is drawn without ever clearing everything, and fits after every resize', async () => {
    const screen = open()
    await screen.until('[1 Overview]')
    screen.type('2')
    await screen.until('many:000')
    for (const [cols, rows] of [
      [60, 15],
      [120, 40],
      [20, 5],
      [80, 24],
      [300, 100],
      [40, 10],
      [80, 24],
    ] as const) {
      screen.resize(cols, rows)
      if (cols < 40) await screen.until((text) => text.trim() === 'needs 40×10')
      else {
        // All of the screen is used: one row is the other stream, and there may be a note.
        const isFilled = () => {
          const shown = screen.lines().filter((line) => line.includes('many:')).length
          return screen.text().includes('STREAM') && [rows - 7, rows - 8].includes(shown)
        }
        // While somebody drags at a window, what was drawn for a moment is wiped and drawn again.
        await screen.until(() => isWhole(screen) && isFilled())
      }
    }
    expect(screen.fullClears()).toBe(0)
    expect(screen.isAlternate()).toBe(true)
    expect(screen.buffer().baseY).toBe(0)
  })

  test.each([
    ['q', 0, (screen: TestTerminal) => screen.type('q')],
    ['Ctrl-C', 130, (screen: TestTerminal) => screen.type(KEYS.ctrlC)],
    ['kill -TERM', 143, (screen: TestTerminal) => signalChild(screen, 'TERM')],
    ['kill -HUP', 129, (screen: TestTerminal) => signalChild(screen, 'HUP')],
  ] as const)('%s leaves the terminal as it was', async (_, code, leave) => {
    const screen = openInShell()
    await screen.until('[1 Overview]')
    expect(screen.text()).not.toContain('said before')
    await leave(screen)
    await screen.until(`exit code ${code}`)
    await screen.exited
    expect(screen.isAlternate()).toBe(false)
    expect(screen.lines()[0]).toBe('said before')
    expect(screen.lines()[1]).toBe(`exit code ${code}`)
    expect(screen.text()).toMatch(/[^-]icanon/)
    expect(screen.text()).toMatch(/[^-]echo\b/)
    expect(screen.raw().lastIndexOf('\u001b[?25h')).toBeGreaterThan(screen.raw().lastIndexOf('\u001b[?25l'))
    expect(screen.raw().lastIndexOf('\u001b[?2004l')).toBeGreaterThan(
      screen.raw().lastIndexOf('\u001b[?2004h'),
    )
  })

  test('takes keys as fast as they come', async () => {
    const screen = open()
    await screen.until('[1 Overview]')
    screen.type('2')
    await screen.until(`of ${STREAMS + 1}`)
    screen.type('j'.repeat(200) + 'k'.repeat(50))
    await screen.until(`151 of ${STREAMS + 1}`)
    screen.type(`/many 007${KEYS.enter}`)
    await screen.until('1 of 1')
    screen.type(KEYS.escape)
    await screen.until(`of ${STREAMS + 1}`)
  })

  test('shows names that would steer a terminal, and keeps its columns', async () => {
    const screen = open(100, 24, '--pane', 'streams')
    await screen.until('many:000')
    screen.type('/evil')
    // Typed quickly, the filter has left nothing else.
    await screen.until(
      (text) => text.includes('日本語') && text.includes('1 of 1') && !text.includes('many:'),
    )
    const lines = screen.lines()
    const head = lines.findIndex((line) => line.includes('LENGTH'))
    const row = lines.findIndex((line) => line.includes('日本語'))
    const end = (lines[head] ?? '').indexOf('LENGTH') + 'LENGTH'.length - 1
    const at = (col: number) => screen.cell(row, col)?.getChars()
    expect([at(end - 1), at(end), at(end + 1)?.trim()]).toEqual(['1', '2', ''])
    screen.type(`${KEYS.enter}${KEYS.enter}`)
    await screen.until('Streams › ')
    await screen.until((text) => text.split('日本語').length > 3)
    expect(screen.raw()).not.toContain('evil\u001b[2J')
    expect(screen.raw()).not.toContain('\u0007')
    expect(screen.fullClears()).toBe(0)
  })

  test('says that Redis is away, and recovers by itself', async () => {
    const screen = open(100, 30, '--pane', 'streams')
    await screen.until('many:000')
    await redis.kill()
    await screen.until(/! .*(away|refused|ECONNREFUSED|closed)/i)
    expect(screen.text()).toContain('many:000')
    screen.type('j')
    await screen.until('2 of')
    await redis.start()
    await seed()
    await screen.until((text) => !/^ ! /m.test(text) && text.includes('ops/s') && isWhole(screen))
    expect(screen.fullClears()).toBe(0)
    expect(screen.lines()).toHaveLength(30)
  })
})

const tmux = await execa('tmux', ['-V'], { reject: false })
if (tmux.exitCode !== 0) console.warn('SKIPPED: the dashboard in tmux, for there is no tmux here')

test.skipIf(tmux.exitCode !== 0)('the dashboard is drawn in tmux, and leaves it as it was', async () => {
  const run = (...args: string[]) =>
    execa('tmux', ['-L', `agentctl-${process.pid}`, '-f', '/dev/null', ...args], {
      env: environmentOfPerson({ ...env(), TERM: 'xterm-256color' }),
      extendEnv: false,
      reject: false,
      cwd: place.dir,
    })
  const screen = async () => (await run('capture-pane', '-p', '-t', 'dash')).stdout
  const shows = (text: string) =>
    eventually(
      async () => (await screen()).includes(text),
      20_000,
      () => `tmux never showed ${text}`,
    )
  try {
    await run('new-session', '-d', '-s', 'dash', '-x', '100', '-y', '30', 'sh')
    await run('send-keys', '-t', 'dash', `${process.execPath} ${bin} ${dash.join(' ')}`, 'Enter')
    await shows('[1 Overview]')
    await run('send-keys', '-t', 'dash', '2')
    await shows('many:000')
    await run('resize-window', '-t', 'dash', '-x', '60', '-y', '15')
    // What was drawn before is wiped and drawn again.
    await eventually(async () => {
      const lines = (await screen()).split('\n')
      const [tabs, keys] = [' 1 [2 Streams] 3 ', 'q quit'].map((text) =>
        lines.filter((line) => line.includes(text)),
      )
      return tabs?.length === 1 && keys?.length === 1 && lines.every((line) => line.length <= 60)
    })
    await run('send-keys', '-t', 'dash', 'q')
    // What is typed before the shell has its terminal back is read by the program that ends.
    await eventually(
      async () =>
        (await run('display-message', '-p', '-t', 'dash', '#{pane_current_command}')).stdout === 'sh',
    )
    expect(await screen()).not.toContain('[2 Streams]')
    await run('send-keys', '-t', 'dash', 'echo still $((40 + 2))', 'Enter')
    await shows('still 42')
  } finally {
    await run('kill-server')
  }
})

async function signalChild(screen: TestTerminal, signal: string): Promise<void> {
  const { stdout } = await execa('pgrep', ['-P', String(screen.pid)])
  await execa('kill', [`-${signal}`, ...stdout.split('\n')])
}
