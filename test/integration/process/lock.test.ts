import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { tryLock } from '../../../src/runtime/platform/process/index.ts'

const HOLDER = fileURLToPath(new URL('./lock.child.ts', import.meta.url))
let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'agentctl-lock-'))
})
afterAll(() => rm(folder, { recursive: true, force: true }))

/** Another process that tries to take the lock and keeps it; resolves with what it says. */
async function other(path: string): Promise<{ said: string; child: ChildProcess; gone: Promise<unknown> }> {
  const child = spawn(process.execPath, [HOLDER, path], { stdio: ['ignore', 'pipe', 'ignore'] })
  const gone = new Promise((exited) => child.once('exit', exited))
  const said = await new Promise<string>((heard) =>
    child.stdout.once('data', (data) => heard(String(data).trim())),
  )
  return { said, child, gone }
}

describe('a lock', () => {
  it('is held once', () => {
    const path = join(folder, 'once')
    const held = tryLock(path)
    expect(held).toBeDefined()
    expect(tryLock(path)).toBeUndefined()
    held?.release()
    const again = tryLock(path)
    expect(again).toBeDefined()
    again?.release()
  })

  it('keeps another process out until it is released', async () => {
    const path = join(folder, 'processes')
    const held = tryLock(path)
    const refused = await other(path)
    expect(refused.said).toBe('refused')
    await refused.gone
    held?.release()
    const taken = await other(path)
    expect(taken.said).toBe('locked')
    expect(tryLock(path)).toBeUndefined()
    taken.child.kill('SIGKILL')
    await taken.gone
  })

  it('ends with a process that is killed', async () => {
    const path = join(folder, 'killed')
    const { said, child, gone } = await other(path)
    expect(said).toBe('locked')
    child.kill('SIGKILL')
    await gone
    const held = tryLock(path)
    expect(held).toBeDefined()
    held?.release()
  })
})
