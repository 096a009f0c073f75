import { spawn } from '@lydell/node-pty'
import xterm, { type IBuffer, type IBufferCell, type Terminal } from '@xterm/headless'

/** A program on a real pseudo terminal, and the screen it draws. */
export interface TestTerminal {
  readonly pid: number
  readonly cols: number
  readonly rows: number
  /** Lines of the visible screen without the blanks on their right. */
  text(): string
  /** Each line of the visible screen. */
  lines(): string[]
  /** The cell at a place of the visible screen, counted from 0: its characters, colours and styles. */
  cell(row: number, col: number): IBufferCell | undefined
  /** The buffer that is shown: colours of cells, cursor, scrollback. */
  buffer(): IBuffer
  /** Resolves with the screen once it fits; a text or pattern is looked for in all of it. Fails with the screen as it is. */
  until(wanted: Wanted, ms?: number): Promise<string>
  /** Resolves once nothing has been written for `ms` milliseconds. */
  quiet(ms?: number): Promise<void>
  /** What a keyboard sends; see KEYS. */
  type(keys: string): void
  resize(cols: number, rows: number): void
  /** All that was written so far. */
  raw(): string
  /** How often everything was cleared: ESC[2J, ESC[3J and ESC c. */
  fullClears(): number
  /** Whether it shows the alternate screen. */
  isAlternate(): boolean
  readonly exited: Promise<TerminalExit>
  kill(signal?: NodeJS.Signals): void
  /** Ends the program, if it still runs, and waits until it is gone. */
  close(): Promise<void>
}

export type Wanted = string | RegExp | ((text: string) => boolean)

export interface TerminalExit {
  exitCode: number
  /** Number of the signal; 0 without one. */
  signal: number
}

export interface TerminalOptions {
  file: string
  args?: readonly string[]
  /** Added to the environment of the test; undefined takes away. */
  env?: Readonly<Record<string, string | undefined>>
  cols?: number
  rows?: number
  cwd?: string
}

export const KEYS = {
  up: '\x1b[A',
  down: '\x1b[B',
  right: '\x1b[C',
  left: '\x1b[D',
  pageUp: '\x1b[5~',
  pageDown: '\x1b[6~',
  home: '\x1b[H',
  end: '\x1b[F',
  enter: '\r',
  escape: '\x1b',
  tab: '\t',
  shiftTab: '\x1b[Z',
  backspace: '\x7f',
  ctrlC: '\x03',
} as const

const CLEARS = /\x1b\[[23]J|\x1bc/g

export function openTerminal(options: TerminalOptions): TestTerminal {
  const { cols = 80, rows = 24 } = options
  const screen: Terminal = new xterm.Terminal({ cols, rows, allowProposedApi: true, scrollback: 1_000 })
  const pty = spawn(options.file, [...(options.args ?? [])], {
    name: 'xterm-256color',
    cols,
    rows,
    cwd: options.cwd ?? process.cwd(),
    env: environmentOfPerson(options.env),
  })
  const waiting = new Set<() => void>()
  let raw = ''
  let unread = 0
  let ended = false
  pty.onData((data) => {
    raw += data
    unread++
    screen.write(data, () => {
      unread--
      for (const look of [...waiting]) look()
    })
  })
  // A program may ask the terminal something: what it answers goes back as if it were typed.
  screen.onData((answer) => {
    if (!ended) pty.write(answer)
  })
  const exited = new Promise<TerminalExit>((resolve) => {
    pty.onExit(({ exitCode, signal = 0 }) => {
      ended = true
      screen.write('', () => {
        resolve({ exitCode, signal })
        for (const look of [...waiting]) look()
      })
    })
  })

  function lines(): string[] {
    const buffer = screen.buffer.active
    return Array.from(
      { length: screen.rows },
      (_, row) =>
        buffer
          .getLine(buffer.baseY + row)
          // A line that was wider before a resize still knows what it had there.
          ?.translateToString(true, 0, screen.cols)
          .trimEnd() ?? '',
    )
  }
  const text = () => lines().join('\n')

  /** What came in pieces is looked at as a whole, and so is a frame whose program says where it begins and ends. */
  const isWhole = () => ended || (unread === 0 && !screen.modes.synchronizedOutputMode)

  function until(wanted: Wanted, ms = 20_000): Promise<string> {
    const fits = matcher(wanted)
    const { promise, resolve, reject } = Promise.withResolvers<string>()
    const look = () => {
      if (!isWhole()) return
      if (fits(text())) end(() => resolve(text()))
      else if (ended) end(() => reject(new Error(`the program ended before ${wanted} was seen:\n${text()}`)))
    }
    const timer = setTimeout(() => {
      end(() => reject(new Error(`not seen within ${ms} ms: ${wanted}. The screen is\n${text()}`)))
    }, ms)
    function end(settle: () => void): void {
      clearTimeout(timer)
      waiting.delete(look)
      settle()
    }
    waiting.add(look)
    look()
    return promise
  }

  function quiet(ms = 300): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>()
    const done = () => {
      waiting.delete(again)
      resolve()
    }
    let timer = setTimeout(done, ms)
    const again = () => {
      clearTimeout(timer)
      timer = setTimeout(done, ms)
    }
    waiting.add(again)
    return promise
  }

  function kill(signal: NodeJS.Signals = 'SIGTERM'): void {
    if (!ended) process.kill(pty.pid, signal)
  }

  return {
    pid: pty.pid,
    get cols() {
      return screen.cols
    },
    get rows() {
      return screen.rows
    },
    text,
    lines,
    cell(row, col) {
      const buffer = screen.buffer.active
      return buffer.getLine(buffer.baseY + row)?.getCell(col)
    },
    buffer: () => screen.buffer.active,
    until,
    quiet,
    type: (keys) => pty.write(keys),
    resize(newCols, newRows) {
      screen.resize(newCols, newRows)
      pty.resize(newCols, newRows)
    },
    raw: () => raw,
    fullClears: () => raw.match(CLEARS)?.length ?? 0,
    isAlternate: () => screen.buffer.active.type === 'alternate',
    exited,
    kill,
    async close() {
      kill('SIGKILL')
      await exited
      screen.dispose()
    },
  }
}

function matcher(wanted: Wanted): (text: string) => boolean {
  if (typeof wanted === 'function') return wanted
  return typeof wanted === 'string' ? (text) => text.includes(wanted) : (text) => wanted.test(text)
}

/** Programs draw less where they believe to run without a person: what says so of the test is not passed on. */
const NOT_PASSED_ON = /^(CI|CI_.*|CONTINUOUS_INTEGRATION|NO_COLOR|FORCE_COLOR|NODE_ENV|VITEST.*|TEST|TMUX.*)$/

/** The environment of the test, as somebody at a terminal has it. */
export function environmentOfPerson(
  own: Readonly<Record<string, string | undefined>> = {},
): Record<string, string> {
  const inherited = Object.entries(process.env).filter(([name]) => !NOT_PASSED_ON.test(name))
  const all = [...inherited, ['TERM', 'xterm-256color'], ['LANG', 'C.UTF-8'], ...Object.entries(own)]
  return Object.fromEntries(all.filter((pair): pair is [string, string] => pair[1] !== undefined))
}
