import { afterEach, expect, test } from 'vitest'
import { KEYS, openTerminal, type TestTerminal } from '../../support/terminal.ts'

let terminal: TestTerminal | undefined
afterEach(() => terminal?.close())

function run(script: string, env: Record<string, string | undefined> = {}): TestTerminal {
  terminal = openTerminal({ file: process.execPath, args: ['-e', script], env, cols: 40, rows: 8 })
  return terminal
}

test('shows what a program draws, with its colours, and counts what it clears', async () => {
  const shown = run(`process.stdout.write('\\x1b[2J\\x1b[H\\x1b[31mred\\x1b[0m plain\\nsecond   ')`)
  await shown.until('second')
  expect(shown.lines().slice(0, 2)).toEqual(['red plain', 'second'])
  expect(shown.cell(0, 0)?.getFgColor()).toBe(1)
  expect(shown.cell(0, 4)?.isFgDefault()).toBe(true)
  expect(shown.fullClears()).toBe(1)
  expect(await shown.exited).toEqual({ exitCode: 0, signal: 0 })
})

test('passes keys and sizes on, and tells the alternate screen from the primary one', async () => {
  const shown = run(`
    process.stdout.write('\\x1b[?1049h')
    process.stdin.setRawMode(true)
    process.stdout.on('resize', () => console.log('size', process.stdout.columns, process.stdout.rows))
    process.stdin.on('data', (key) => key == 'q' ? process.exit(3) : console.log('key', JSON.stringify(String(key))))
    console.log('started')`)
  await shown.until('started')
  expect(shown.isAlternate()).toBe(true)
  shown.type(KEYS.up)
  await shown.until('key "\\u001b[A"')
  shown.resize(50, 10)
  await shown.until('size 50 10')
  shown.type('q')
  expect((await shown.exited).exitCode).toBe(3)
})

test('what is never seen fails with the screen as it is', async () => {
  const shown = run(`console.log('here I am'); setTimeout(() => {}, 60_000)`)
  await shown.until('here')
  await expect(shown.until('somebody else', 50)).rejects.toThrow(
    /not seen within 50 ms: somebody else[\s\S]*here I am/,
  )
  shown.kill('SIGTERM')
  expect((await shown.exited).signal).toBe(15)
  await expect(shown.until('somebody else')).rejects.toThrow(/the program ended before/)
})

test('a program does not learn that a test runs it', async () => {
  const shown = run(
    `console.log(String([process.env.CI, process.env.NO_COLOR, process.env.MINE, process.stdout.isTTY]))`,
    {
      MINE: 'yes',
    },
  )
  await shown.until(',,yes,true')
})
