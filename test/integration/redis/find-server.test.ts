import { existsSync } from 'node:fs'
import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { run } from '../../../src/runtime/platform/process/index.ts'
import { findRedisServer } from '../../../src/runtime/platform/redis/index.ts'

let root: string
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'agentctl-find-'))
})
afterAll(() => rm(root, { recursive: true, force: true }))

async function program(folder: string, name: string, script: string): Promise<string> {
  const file = join(root, folder, name)
  await mkdir(join(root, folder), { recursive: true })
  await writeFile(file, `#!/bin/sh\n${script}\n`)
  await chmod(file, 0o755)
  return file
}

const find = (...path: string[]) =>
  findRedisServer({
    cache: join(root, 'no-cache'),
    path: path.map((folder) => join(root, folder)).join(delimiter),
    say: () => {},
  })

describe('finding a Redis server', () => {
  it('takes the one on PATH, with its client', async () => {
    const server = await program('a', 'redis-server', 'exit 0')
    const client = await program('a', 'redis-cli', 'exit 0')
    expect(await find('empty', 'a')).toEqual({ server, client, env: {} })
  })

  it('takes Valkey where there is no Redis', async () => {
    const server = await program('b', 'valkey-server', 'exit 0')
    expect(await find('b')).toEqual({ server, env: {} })
  })

  it('passes over one that does not run', async () => {
    await program('c', 'redis-server', 'exit 127')
    const valkey = await program('c', 'valkey-server', 'exit 0')
    expect(await find('c')).toMatchObject({ server: valkey })
  })
})

const hasApt = ['apt-get', 'apt-cache', 'dpkg-deb'].every((name) =>
  (process.env.PATH ?? '').split(delimiter).some((folder) => existsSync(join(folder, name))),
)
if (!hasApt) process.stderr.write('SKIPPED: fetching Redis from packages, because this system has no apt.\n')

describe.skipIf(!hasApt)('fetching a Redis server where there is none', () => {
  it('makes a private copy that runs, and finds it again without fetching', {
    timeout: 400_000,
  }, async () => {
    const said: string[] = []
    const options = { cache: join(root, 'cache'), path: '', say: (text: string) => void said.push(text) }
    const first = await findRedisServer(options)
    expect(await run(first.server, ['--version'], { env: first.env })).toMatch(/^Redis server v=/)
    expect(await run(first.client ?? '', ['--version'])).toMatch(/^redis-cli/)
    expect(said.join('\n')).toContain('nothing is installed system-wide')
    said.length = 0
    expect(await findRedisServer(options)).toEqual(first)
    expect(said).toEqual([])
  })
})
