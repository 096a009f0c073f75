import { Readable } from 'node:stream'
import { afterAll, describe, expect, it } from 'vitest'
import { buildImages, listImages } from '../../src/runtime/images/index.ts'
import { createCloser } from '../../src/runtime/kernel/index.ts'
import { hasDebianPackages } from '../../src/runtime/platform/debian/index.ts'
import { createEngine, type Engine } from '../../src/runtime/platform/engine/index.ts'
import { run } from '../../src/runtime/platform/process/index.ts'
import { engineHost } from '../support/engine.ts'
import { startRegistry } from '../support/registry.ts'

const host = await engineHost()
const canBuild = host !== undefined && (await hasDebianPackages())
const TAGS = { python: 'agentctl-test-python:1', node: 'agentctl-test-node:1' }

const engine = createEngine(host ?? 'unix:///nowhere')

async function remove(from: Engine, image: string): Promise<void> {
  const answer = await from.call({ method: 'DELETE', path: `/images/${image}?force=1` })
  answer.resume()
}

/** What a program in an image prints, without the runner. */
function printed(image: string, ...command: string[]): Promise<string> {
  const walls = [
    '--network',
    'none',
    '--read-only',
    '--user',
    '65534:65534',
    '--tmpfs',
    '/tmp',
    '--entrypoint',
    '',
  ]
  return run('docker', ['-H', host as string, 'run', '--rm', ...walls, image, ...command])
}

describe.skipIf(!canBuild)('images from Debian packages', () => {
  const closer = createCloser()
  closer.add(engine, (opened) => opened.close())
  for (const tag of Object.values(TAGS)) closer.add(tag, (image) => remove(engine, image))
  afterAll(() => closer.close())

  it('are made, and listed as ready', async () => {
    expect(await listImages(engine, TAGS)).toMatchObject([{ state: 'missing' }, { state: 'missing' }])
    const said: string[] = []
    const built = await buildImages({ engine, images: TAGS, from: 'debian', say: (text) => said.push(text) })
    expect(built).toMatchObject([
      { name: 'python', image: TAGS.python, from: 'debian', languages: ['python'] },
      { name: 'node', image: TAGS.node, from: 'debian', languages: ['javascript', 'typescript'] },
    ])
    expect(said.join('\n')).not.toContain('could not be compiled')
    expect(await listImages(engine, TAGS)).toMatchObject([
      { state: 'ready', languages: ['python'] },
      { state: 'ready', languages: ['javascript', 'typescript'] },
    ])
  })

  it('take the place of older ones, of which nothing is left', async () => {
    const images = { python: TAGS.python }
    const idOf = () => engine.json<{ Id: string }>({ method: 'GET', path: `/images/${TAGS.python}/json` })
    const { Id: older } = await idOf()
    await buildImages({ engine, images, from: 'debian', say: () => {} })
    expect((await idOf()).Id).not.toBe(older)
    const gone = engine.json({ method: 'GET', path: `/images/${older}/json` })
    await expect(gone).rejects.toMatchObject({ code: 'DOCKER_REFUSED' })
  })

  it('have all of Python that makes sense in a sandbox, compiled beforehand', async () => {
    const program = `
import asyncio, bz2, ctypes, curses, datetime, decimal, hashlib, json, lzma, multiprocessing, os, pwd, readline
import sqlite3, ssl, unicodedata, uuid, zlib, zoneinfo
zoneinfo.ZoneInfo('Europe/Berlin')
print(os.path.exists(asyncio.__cached__), pwd.getpwuid(os.getuid()).pw_name, os.getcwd(), 'é')
`
    expect(await printed(TAGS.python, 'python3', '-c', program)).toBe('True nobody / é')
  })

  it('have a Node that runs TypeScript', async () => {
    const program =
      'const a: number = 1; console.log(a + 1, process.version.split(".")[0] >= "v24", Intl.NumberFormat("de").format(1.5))'
    expect(await printed(TAGS.node, 'node', '--input-type=module-typescript', '-e', program)).toBe(
      '2 true 1,5',
    )
  })

  it('say which registry did not answer, where only that may be used', async () => {
    const images = { python: TAGS.python }
    // Nothing listens on port 1: the same failure wherever this runs.
    const failed = buildImages({ engine, images, from: 'registry', mirror: '127.0.0.1:1', say: () => {} })
    await expect(failed).rejects.toMatchObject({
      code: 'IMAGES_BUILD_FAILED',
      message: expect.stringContaining('127.0.0.1:1'),
    })
  })
})

describe.skipIf(host === undefined)('images from a registry', () => {
  const closer = createCloser()
  afterAll(() => closer.close())

  it('have the runner beside what was pulled, and leave an older one that has another name', async () => {
    const registry = closer.add(await startRegistry('python', '3.13-slim'), (opened) => opened.close())
    const tag = 'agentctl-test-pulled:1'
    const own = closer.add(createEngine(host as string), (opened) => opened.close())
    for (const image of [tag, `${registry.address}/python:3.13-slim`])
      closer.add(image, (name) => remove(own, name))
    await makeOlder(own, tag, 'agentctl-test-kept:1')
    const said: string[] = []
    const built = await buildImages({
      engine: own,
      images: { python: tag },
      from: 'auto',
      mirror: `${registry.address}/`,
      say: (text) => said.push(text),
    })
    expect(built).toMatchObject([{ image: tag, from: 'registry', languages: ['python'] }])
    expect(said[0]).toContain(`${registry.address}/python:3.13-slim`)
    const [known] = await listImages(own, { python: tag, node: 'agentctl-test-none' })
    expect(known).toMatchObject({ state: 'ready', languages: ['python'] })
    const layers = await own.json<{ RootFS: { Layers: string[] } }>({
      method: 'GET',
      path: `/images/${tag}/json`,
    })
    expect(layers.RootFS.Layers).toEqual([registry.layer, expect.any(String)])
    await own.json({ method: 'GET', path: '/images/agentctl-test-kept:1/json' })
  })

  /** An empty image of this name, to which somebody has given another one. */
  async function makeOlder(own: Engine, image: string, alsoCalled: string): Promise<void> {
    closer.add(alsoCalled, (name) => remove(own, name))
    const [repo = '', tag = ''] = image.split(':')
    const path = `/images/create?${new URLSearchParams({ fromSrc: '-', repo, tag })}`
    const headers = { 'content-type': 'application/x-tar' }
    const nothing = Readable.from([Buffer.alloc(1_024)])
    await own.progress({ method: 'POST', path, headers, body: nothing }, () => {})
    await run('docker', ['-H', host as string, 'tag', image, alsoCalled])
  }
})
