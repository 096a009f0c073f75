import { mkdir, mkdtemp, readFile, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { run } from '../../../src/runtime/platform/process/index.ts'

const script = new URL('../../../deploy/image/make-secrets.mjs', import.meta.url).pathname
const NAMES = ['db-password', 'api-password']

describe('the secrets of an installation', () => {
  let folder: string

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'agentctl-secrets-'))
    for (const name of NAMES) await mkdir(join(folder, name))
  })

  afterEach(() => rm(folder, { recursive: true }))

  const make = (env: Record<string, string> = {}) =>
    run(process.execPath, [script, folder, 'db-password=DB_PASSWORD', 'api-password=API_PASSWORD'], { env })

  const values = () => Promise.all(NAMES.map((name) => readFile(join(folder, name, 'value'), 'utf8')))

  it('are random, differ, and stay', async () => {
    const said = await make({ DB_PASSWORD: '' })
    const made = await values()
    for (const value of made) expect(value).toMatch(/^[0-9a-f]{48}$/)
    expect(new Set(made).size).toBe(2)
    for (const value of made) expect(said).not.toContain(value)
    await make()
    expect(await values()).toEqual(made)
  })

  it('are what somebody has chosen, also later on', async () => {
    await make()
    const [, password] = await values()
    expect(await make({ DB_PASSWORD: 'my own' })).not.toContain('my own')
    expect(await values()).toEqual(['my own', password])
  })

  it('can be read by whoever has the volume, and written by nobody', async () => {
    await make()
    const { mode } = await stat(join(folder, 'db-password', 'value'))
    expect((mode & 0o777).toString(8)).toBe('444')
  })
})
