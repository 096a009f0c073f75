import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import {
  freePort,
  isAlive,
  isPortFree,
  killGroup,
  spawnChild,
  spawnGuarded,
} from '../../../src/runtime/platform/process/index.ts'

let folder: string
const PATIENCE = { timeout: 20_000 }
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'agentctl-child-'))
})
afterAll(() => rm(folder, { recursive: true, force: true }))

/** Runs a script as a child; collects what it says. */
async function spawnScript(name: string, script: string) {
  const file = join(folder, `${name}.mjs`)
  await writeFile(file, script)
  const messages: unknown[] = []
  const lines: string[] = []
  const child = spawnChild({
    file: process.execPath,
    args: [file],
    env: { GREETING: 'hello' },
    onMessage: (message) => messages.push(message),
    onLine: (line) => lines.push(line),
  })
  return { ...child, messages, lines }
}

describe('a child process', () => {
  it('is heard: its messages, its lines, its exit code', async () => {
    const child = await spawnScript(
      'talks',
      'console.log(process.env.GREETING); console.error("to stderr"); process.send({ n: 1 }, () => process.exit(3))',
    )
    expect(await child.exited).toEqual({ code: 3, signal: null })
    await expect.poll(() => child.messages, PATIENCE).toEqual([{ n: 1 }])
    await expect.poll(() => child.lines.toSorted(), PATIENCE).toEqual(['hello', 'to stderr'])
  })

  it('can be asked to finish', async () => {
    const child = await spawnScript(
      'finishes',
      'process.on("SIGTERM", () => { process.exit(0) }); process.send("up"); setInterval(() => {}, 1e6)',
    )
    await expect.poll(() => child.messages, PATIENCE).toEqual(['up'])
    child.terminate()
    expect(await child.exited).toEqual({ code: 0, signal: null })
  })

  it('is killed with all that it has started', async () => {
    const child = await spawnScript(
      'parent',
      `import { spawn } from 'node:child_process'
       process.send(spawn('sleep', ['1000']).pid); setInterval(() => {}, 1e6)`,
    )
    await expect.poll(() => child.messages.length, PATIENCE).toBe(1)
    child.kill()
    expect(await child.exited).toEqual({ code: null, signal: 'SIGKILL' })
    await expect.poll(() => isAlive(child.messages[0] as number), PATIENCE).toBe(false)
  })

  it('is known to have ended although a program that it has started holds its output open', async () => {
    const child = await spawnScript(
      'daemon',
      `import { spawn } from 'node:child_process'
       const { pid } = spawn('sleep', ['1000'], { stdio: 'inherit', detached: true })
       process.send(pid, () => process.kill(process.pid, 'SIGKILL'))`,
    )
    expect(await child.exited).toEqual({ code: null, signal: 'SIGKILL' })
    await expect.poll(() => child.messages.length, PATIENCE).toBe(1)
    process.kill(child.messages[0] as number, 'SIGKILL')
  })
})

describe('a guarded process', () => {
  it('gives its exit code', async () => {
    expect(await spawnGuarded('/bin/sh', ['-c', 'exit 7']).exited).toBe(7)
  })

  it('is told nothing of our environment that may be secret', async () => {
    const output = join(folder, 'environment.log')
    process.env.OF_NOBODY_ELSE = 'secret'
    try {
      await spawnGuarded('env', [], { OWN: 'yes' }, { output }).exited
    } finally {
      delete process.env.OF_NOBODY_ELSE
    }
    const told = await readFile(output, 'utf8')
    expect(told).not.toContain('OF_NOBODY_ELSE')
    expect(told).toMatch(/^OWN=yes$/m)
    expect(told).toMatch(/^PATH=/m)
  })

  it('is known to have ended when it was killed by somebody else', async () => {
    const guarded = spawnGuarded('/bin/sh', ['-c', 'kill -KILL $$'])
    expect(await guarded.exited).toBe(137)
  })

  it('is asked to end by the signal it is to have, and heard when that is wanted', async () => {
    const output = join(folder, 'guarded.log')
    const script = `process.on('SIGINT', () => { console.log('interrupted'); process.exit(5) })
      console.log('up'); setInterval(() => {}, 1e6)`
    const guarded = spawnGuarded(process.execPath, ['-e', script], {}, { signal: 'INT', output })
    const printed = () => readFile(output, 'utf8').catch(() => '')
    await expect.poll(printed, PATIENCE).toBe('up\n')
    guarded.release()
    expect(await guarded.exited).toBe(5)
    expect(await printed()).toBe('up\ninterrupted\n')
  })

  it('is known to have ended when the guard alone was killed', async () => {
    const guarded = spawnGuarded('sleep', ['1000'])
    process.kill(guarded.pid, 'SIGKILL')
    expect(await guarded.exited).toBe(null)
    guarded.kill()
  })

  it('is told to end when it is let go', async () => {
    const guarded = spawnGuarded('sleep', ['1000'])
    guarded.release()
    expect(await guarded.exited).not.toBe(0)
    await expect.poll(() => isAlive(guarded.pid), PATIENCE).toBe(false)
  })
})

describe('killing a group', () => {
  it('that does not exist does nothing', () => {
    expect(() => killGroup(2_147_483_000, 'SIGKILL')).not.toThrow()
  })
})

describe('ports', () => {
  it('are taken as preferred when free, else another', async () => {
    const port = await freePort()
    expect(await freePort(port)).toBe(port)
    const server = createServer()
    await new Promise<void>((listening) => server.listen(port, '127.0.0.1', listening))
    expect(await isPortFree(port)).toBe(false)
    expect(await freePort(port)).not.toBe(port)
    await new Promise((closed) => server.close(closed))
    expect(await isPortFree(port)).toBe(true)
  })
})
