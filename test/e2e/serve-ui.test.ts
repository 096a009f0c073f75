import { afterEach, describe, expect, it } from 'vitest'
import { freePort } from '../../src/runtime/platform/process/index.ts'
import type { ServeStatus } from '../../src/runtime/supervisor/index.ts'
import { agentctl, allGone, bin, type Workplace, workplace } from '../support/program.ts'
import { KEYS, openTerminal, type TestTerminal } from '../support/terminal.ts'

let place: Workplace
let terminal: TestTerminal

afterEach(async () => {
  await terminal.close()
  place.remove()
})

/** Starts it in a terminal and waits until the dashboard is drawn with its replicas. */
async function start(): Promise<ServeStatus> {
  place = workplace()
  const port = String(await freePort())
  terminal = openTerminal({
    file: process.execPath,
    args: [bin, 'serve', '--ui', '--ephemeral', '--roles', 'gateway=1,worker=1', '--port', port],
    env: { ...place.env, NO_COLOR: '1' },
    cwd: place.dir,
    cols: 120,
    rows: 40,
  })
  await terminal.until(() => terminal.isAlternate(), 60_000)
  await terminal.until((text) => text.includes('Overview') && text.includes('worker'))
  return status()
}

async function status(): Promise<ServeStatus> {
  return JSON.parse((await agentctl(place, 'ps', '--json')).stdout) as ServeStatus
}

/** Everything has ended, and the normal screen says so. */
async function expectEnd(before: ServeStatus): Promise<void> {
  expect(await terminal.exited).toEqual({ exitCode: 0, signal: 0 })
  expect(terminal.isAlternate()).toBe(false)
  expect(terminal.text()).toContain('Stopping: the work under way is finished first.')
  expect(terminal.text()).toMatch(/Stopped\.\s*$/)
  await allGone(before.replicas.flatMap(({ pid }) => pid ?? []))
}

const replicas = () => terminal.until(/worker-1/)

describe('agentctl serve --ui', () => {
  it('draws the dashboard of what it runs, and asks before it stops everything', async () => {
    const before = await start()
    terminal.type('4')
    await replicas()
    terminal.type('q')
    await terminal.until(/stop/i)
    terminal.type('n')
    terminal.type('1')
    await terminal.until((text) => text.includes('Overview'))
    expect((await status()).replicas).toHaveLength(before.replicas.length)
    terminal.type('q')
    await terminal.until(/stop/i)
    terminal.type('y')
    await expectEnd(before)
  })

  it('shows on its screen what replicas log, and nothing beside it', async () => {
    const before = await start()
    const drawn = terminal.raw().length
    terminal.type('6')
    await terminal.until(/gateway is ready/)
    await agentctl(place, 'restart', 'worker')
    await terminal.until(/worker-1.*stopped/)
    // Printed, a line has this bar behind the name of its replica.
    expect(terminal.raw().slice(drawn)).not.toMatch(/worker-1 {2}│/)
    expect(terminal.isAlternate()).toBe(true)
    terminal.type(KEYS.ctrlC)
    await expectEnd(before)
  })

  it.each(['SIGTERM', 'SIGINT'] as const)('ends in order by %s', async (signal) => {
    const before = await start()
    terminal.kill(signal)
    await expectEnd(before)
  })

  it('ends when `agentctl down` asks for it', async () => {
    const before = await start()
    expect((await agentctl(place, 'down')).exitCode).toBe(0)
    await expectEnd(before)
  })
})
