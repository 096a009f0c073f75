import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { setTimeout as pause } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createCloser } from '../../../src/runtime/kernel/index.ts'
import type { VectorStore } from '../../../src/runtime/platform/vectors/index.ts'
import { openSqliteStore } from '../../../src/runtime/platform/vectors/sqlite.ts'

const WRITER = fileURLToPath(new URL('./sqlite-writer.child.ts', import.meta.url))

let closer: ReturnType<typeof createCloser>
let path: string
beforeEach(async () => {
  closer = createCloser()
  const folder = await mkdtemp(join(tmpdir(), 'agentctl-sqlite-'))
  closer.add(folder, () => rm(folder, { recursive: true, force: true }))
  path = join(folder, 'vectors.db')
})
afterEach(() => closer.close())

async function open(patience = 10_000): Promise<VectorStore> {
  return closer.add(await openSqliteStore({ path, patience }), (store) => store.close())
}

function startWriter(name: string, times: number): ChildProcess {
  const child = spawn(process.execPath, [WRITER, path, name, String(times)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  return closer.add(child, async () => {
    if (child.exitCode === null && child.signalCode === null) {
      child.kill('SIGKILL')
      await once(child, 'exit')
    }
  })
}

const one = { id: 'a', hash: 'h', metadata: {}, chunks: [{ text: 't', vector: new Float32Array([1, 0]) }] }

describe('a file that cannot be used', () => {
  it('is named when it is no database, and left alone', async () => {
    await writeFile(path, 'something important that is no database at all')
    await expect(open()).rejects.toMatchObject({
      code: 'VECTORS_FAILED',
      message: `${path}: file is not a database`,
    })
    expect(await readFile(path, 'utf8')).toBe('something important that is no database at all')
  })

  it('is named when it is the database of another program, and left alone', async () => {
    const theirs = new DatabaseSync(path)
    theirs.exec('CREATE TABLE precious (x)')
    theirs.close()
    await expect(open()).rejects.toMatchObject({
      code: 'VECTORS_FAILED',
      message: `${path}: this SQLite database belongs to another program`,
    })
    const again = closer.add(new DatabaseSync(path), (database) => database.close())
    expect(again.prepare('SELECT name FROM sqlite_schema').all()).toHaveLength(1)
  })

  it('is named when a newer version has written it', async () => {
    await (await openSqliteStore({ path })).close()
    const database = new DatabaseSync(path)
    database.exec('PRAGMA user_version = 99')
    database.close()
    await expect(open()).rejects.toMatchObject({
      code: 'VECTORS_FAILED',
      message: expect.stringContaining('update agentctl'),
    })
  })

  it('is named when its folder cannot be made', async () => {
    await writeFile(path, '')
    const impossible = join(path, 'below', 'vectors.db')
    await expect(openSqliteStore({ path: impossible })).rejects.toMatchObject({
      code: 'VECTORS_FAILED',
      message: expect.stringMatching(new RegExp(`^${impossible}: E(NOTDIR|EXIST)`)),
    })
  })

  it('is named when it is damaged later', async () => {
    const store = await open()
    await store.put('docs', 2, one)
    await store.close()
    const bytes = await readFile(path)
    bytes.fill(0xff, 4_096, 12_288)
    await writeFile(path, bytes)
    const failure = await openSqliteStore({ path })
      .then((opened) => closer.add(opened, () => opened.close()).search('docs', new Float32Array([1, 0]), 1))
      .catch((error: unknown) => error)
    expect(failure).toMatchObject({ code: 'VECTORS_FAILED', message: expect.stringContaining(path) })
  })
})

it('keeps its documents when it is closed and opened again', async () => {
  const store = await open()
  await store.put('docs', 2, one)
  await store.close()
  await store.close()
  expect(await (await open()).search('docs', new Float32Array([1, 0]), 1)).toMatchObject([{ document: 'a' }])
})

it('gives back the place of what is replaced', async () => {
  const store = await open()
  const chunks = Array.from({ length: 1_024 }, (_, i) => ({
    text: 'x',
    vector: new Float32Array(64).fill(i + 1),
  }))
  const pages = () => {
    const reader = new DatabaseSync(path, { readOnly: true })
    const { page_count } = reader.prepare('PRAGMA page_count').get() as { page_count: number }
    reader.close()
    return page_count
  }
  for (let i = 0; i < 3; i++) await store.put('docs', 64, { ...one, chunks })
  const before = pages()
  for (let i = 0; i < 10; i++) await store.put('docs', 64, { ...one, chunks })
  expect(pages()).toBeLessThan(before * 1.5)
})

describe('a file that several processes use', () => {
  it('loses no write of any', async () => {
    const children = ['x', 'y'].map((name) => startWriter(name, 12))
    const store = await open()
    for (let i = 0; i < 12; i++) await store.put('docs', 8, { ...one, id: `own-${i}`, chunks: [] })
    for (const child of children) if (child.exitCode === null) await once(child, 'exit')
    expect(children.map(({ exitCode }) => exitCode)).toEqual([0, 0])
    const ids = (await store.list('docs', 100)).map(({ id, hash }) =>
      id.startsWith('own') ? 'own' : `${id} ${hash}`,
    )
    expect(ids.filter((id) => id === 'own')).toHaveLength(12)
    expect(ids.filter((id) => id !== 'own')).toEqual([
      'x-0 9',
      'x-1 10',
      'x-2 11',
      'y-0 9',
      'y-1 10',
      'y-2 11',
    ])
    expect(await store.collections()).toEqual([{ name: 'docs', dimension: 8, documents: 18, chunks: 120 }])
  })

  it('holds only whole documents after a writer was killed at any moment', async () => {
    for (let round = 0; round < 3; round++) {
      const child = startWriter('k', 1_000_000)
      for (let seen = 0; seen <= round * 3; seen++) await once(child.stdout as NodeJS.ReadableStream, 'data')
      await pause(round * 3)
      child.kill('SIGKILL')
      await once(child, 'exit')
      const store = await open()
      const documents = await store.list('docs', 100)
      expect(documents.length).toBeGreaterThan(0)
      const hits = await store.search('docs', Float32Array.of(1, 1, 1, 1, 1, 1, 1, 1), 1_000)
      for (const { id, hash, chunks } of documents) {
        const texts = hits.filter((hit) => hit.document === id).map(({ text }) => text)
        expect(texts.sort()).toEqual(Array.from({ length: chunks }, (_, n) => `k ${hash} ${n}`).sort())
      }
      expect(hits).toHaveLength(documents.length * 20)
      await store.close()
    }
  })

  it('is waited for without blocking the event loop, and not for ever', async () => {
    const [store, hasty] = [await open(), await open(200)]
    await store.put('docs', 2, one)
    const lock = closer.add(new DatabaseSync(path), (database) => database.close())
    lock.exec('BEGIN IMMEDIATE')
    let turns = 0
    const ticking = setInterval(() => turns++, 5)
    await expect(hasty.put('docs', 2, one)).rejects.toMatchObject({
      code: 'VECTORS_FAILED',
      message: expect.stringContaining('locked'),
    })
    expect(await store.search('docs', new Float32Array([1, 0]), 1)).toHaveLength(1)
    const waiting = store.put('docs', 2, { ...one, id: 'b' })
    await pause(100)
    lock.exec('COMMIT')
    await waiting
    clearInterval(ticking)
    expect(turns).toBeGreaterThan(0)
    expect(await store.list('docs', 10)).toHaveLength(2)
  })
})
