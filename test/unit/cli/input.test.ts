import { execFileSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { open } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { openInput } from '../../../src/cli/input.ts'

let dir: string
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'agentctl-input-'))
})
afterEach(() => rmSync(dir, { recursive: true }))

function pipe(): string {
  const path = join(dir, 'pipe')
  execFileSync('mkfifo', [path])
  return path
}

describe('what a file on the command line holds', () => {
  it('is that of a file', async () => {
    const path = join(dir, 'file')
    writeFileSync(path, 'hello')
    expect(await text(openInput(path))).toBe('hello')
  })

  it('fails for a file that is not there', async () => {
    await expect(text(openInput(join(dir, 'none')))).rejects.toMatchObject({ code: 'ENOENT' })
  })

  it('is what is written into a pipe, by whoever comes late', async () => {
    const path = pipe()
    const read = text(openInput(path))
    const writer = await open(path, 'w')
    await writer.write('hel')
    await writer.write('lo')
    await writer.close()
    expect(await read).toBe('hello')
  })

  it('can be left while nobody writes', async () => {
    const input = openInput(pipe())
    input.resume()
    input.destroy()
    await once(input, 'close')
  })

  it('can be left while somebody holds the pipe open', async () => {
    const path = pipe()
    const input = openInput(path)
    const writer = await open(path, 'w')
    await writer.write('hel')
    await once(input, 'data')
    input.destroy()
    await once(input, 'close')
    await writer.close()
  })
})
