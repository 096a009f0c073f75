import { PassThrough, Writable } from 'node:stream'
import headless from '@xterm/headless'
import { afterEach, describe, expect, it } from 'vitest'
import { type OpenLoadView, openLoadView } from '../../../../src/ui/loadtest/open-load-view.tsx'
import { boundsOf, examplePlan, exampleProgress } from '../../../support/load-progress.ts'

/** What was written has been drawn a moment later. */
const PATIENCE = { timeout: 10_000 }

const closing: (() => Promise<void>)[] = []
afterEach(async () => {
  for (const close of closing.splice(0)) await close()
})

/** A terminal with a line on it already, and a keyboard. */
function openScreen(cols: number, rows: number) {
  const terminal = new headless.Terminal({ cols, rows, allowProposedApi: true, convertEol: true })
  let raw = ''
  const stdout = new Writable({
    decodeStrings: false,
    write(chunk: string, _encoding, done) {
      raw += chunk
      terminal.write(chunk, done)
    },
  })
  Object.assign(stdout, { isTTY: true, columns: cols, rows })
  const modes: boolean[] = []
  const stdin = Object.assign(new PassThrough(), {
    isTTY: true,
    setRawMode: (on: boolean) => modes.push(on),
    ref() {},
    unref() {},
  })
  stdout.write('$ agentctl loadtest\n')
  return {
    stdout: stdout as unknown as NodeJS.WriteStream,
    stdin: stdin as unknown as NodeJS.ReadStream,
    type: (keys: string) => stdin.write(keys),
    modes,
    raw: () => raw,
    lines() {
      const { active } = terminal.buffer
      return Array.from(
        { length: active.length },
        (_, row) => active.getLine(row)?.translateToString(true) ?? '',
      )
    },
  }
}

function open(cols = 80, rows = 24) {
  const screen = openScreen(cols, rows)
  const said: string[] = []
  const view: OpenLoadView = openLoadView({
    plan: examplePlan(),
    boundsOf,
    stdout: screen.stdout,
    stdin: screen.stdin,
    onStop: () => said.push('stop'),
    interrupt: () => said.push('interrupt'),
  })
  closing.push(view.close)
  const shows = (text: string) => expect.poll(() => screen.lines().join('\n'), PATIENCE).toContain(text)
  return { ...screen, view, said, shows }
}

describe('the live view', () => {
  it('draws below what is there, and leaves nothing behind', async () => {
    const { view, shows, lines, raw, modes } = open()
    await shows('Starting …')
    view.update(exampleProgress())
    await shows('2000 succeeded')
    expect(lines()[0]).toBe('$ agentctl loadtest')
    await view.close()
    await expect.poll(() => lines().filter(Boolean), PATIENCE).toEqual(['$ agentctl loadtest'])
    // Neither the alternate screen nor a cleared one; the cursor is back, and keys are keys again.
    expect(raw()).not.toMatch(/\u001b\[\?1049h|\u001b\[[23]J|\u001bc/)
    expect(raw().lastIndexOf('\u001b[?25h')).toBeGreaterThan(raw().lastIndexOf('\u001b[?25l'))
    expect(modes.at(-1)).toBe(false)
  })

  it('shows the newest of many updates', async () => {
    const { view, shows, raw } = open()
    for (let succeeded = 1; succeeded <= 5_000; succeeded++) view.update(exampleProgress({ succeeded }))
    await shows('5000 succeeded')
    expect(raw().split('succeeded').length).toBeLessThan(20)
  })

  it('stops at the first Ctrl-C and goes at the second', async () => {
    const { view, type, said, shows, lines } = open()
    view.update(exampleProgress())
    await shows('Ctrl-C ends the run')
    type('\u0003')
    await shows('Press Ctrl-C again')
    expect(said).toEqual(['stop'])
    type('\u0003')
    await expect.poll(() => said, PATIENCE).toEqual(['stop', 'interrupt'])
    await expect.poll(() => lines().filter(Boolean), PATIENCE).toEqual(['$ agentctl loadtest'])
  })

  it('never scrolls what was there out of a small terminal', async () => {
    const { view, shows, lines } = open(60, 12)
    view.update(exampleProgress())
    await shows('2000 succeeded')
    view.update(exampleProgress({ succeeded: 2_345 }))
    await shows('2345 succeeded')
    expect(lines()[0]).toBe('$ agentctl loadtest')
    expect(lines().filter((line) => line.includes('succeeded'))).toHaveLength(1)
  })

  it('ignores what comes after it was closed', async () => {
    const { view, lines } = open()
    await view.close()
    view.update(exampleProgress())
    await view.close()
    await expect.poll(() => lines().filter(Boolean), PATIENCE).toEqual(['$ agentctl loadtest'])
  })
})
