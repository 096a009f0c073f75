import { randomUUID } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { createCloser } from '../../src/runtime/kernel/index.ts'
import {
  openVectorStore,
  type StoredDocument,
  type VectorStore,
} from '../../src/runtime/platform/vectors/index.ts'
import { startQdrantStandIn } from '../support/qdrant.ts'
import { silent } from '../support/redis.ts'

/** A vector of length 1 in the plane of the first two of four axes. */
function at(degrees: number): Float32Array {
  const angle = (degrees * Math.PI) / 180
  return new Float32Array([Math.cos(angle), Math.sin(angle), 0, 0])
}

function document(
  id: string,
  angles: readonly number[],
  changes: Partial<StoredDocument> = {},
): StoredDocument {
  const chunks = angles.map((angle, i) => ({ text: `${id} ${i} at ${angle}°`, vector: at(angle) }))
  return { id, hash: `hash of ${id} ${angles}`, metadata: {}, chunks, ...changes }
}

interface Place {
  name: string
  /** A second call opens another client of the same data. */
  open(): Promise<VectorStore>
  prepare(): Promise<void>
  tidy(collections: readonly string[]): Promise<void>
}

function sqlite(): Place {
  let folder: string
  return {
    name: 'the embedded store',
    async prepare() {
      folder = await mkdtemp(join(tmpdir(), 'agentctl-vectors-'))
    },
    open: () => openVectorStore({ path: join(folder, 'deep', 'vectors.db'), log: silent }),
    tidy: () => rm(folder, { recursive: true, force: true }),
  }
}

function qdrant(): Place {
  const real = process.env.QDRANT_URL
  let url = real ?? ''
  let stop = async () => {}
  return {
    name: real ? `Qdrant at ${real}` : 'Qdrant, as its stand-in answers',
    async prepare() {
      if (real) return
      const server = await startQdrantStandIn()
      url = server.url
      stop = server.close
    },
    open: () =>
      openVectorStore({ qdrantUrl: url, qdrantApiKey: process.env.QDRANT_API_KEY, path: '', log: silent }),
    async tidy(collections) {
      const headers = { 'api-key': process.env.QDRANT_API_KEY ?? '' }
      for (const name of collections) await fetch(`${url}/collections/${name}`, { method: 'DELETE', headers })
      await stop()
    },
  }
}

describe.each([sqlite(), qdrant()])('$name as a vector store', (place) => {
  const closer = createCloser()
  const used: string[] = []
  let store: VectorStore
  let other: VectorStore
  let name: string

  beforeAll(async () => {
    await place.prepare()
    closer.add(used, (names) => place.tidy(names))
    store = closer.add(await place.open(), (opened) => opened.close())
    other = closer.add(await place.open(), (opened) => opened.close())
  })
  afterAll(() => closer.close())
  beforeEach(() => {
    name = `docs-test-${randomUUID()}`
    used.push(name)
  })

  it('answers a ping and says where it is', async () => {
    await store.ping()
    expect(store.place).not.toBe('')
  })

  it('finds nothing in a collection that does not exist', async () => {
    expect(await store.search(name, at(0), 3)).toEqual([])
    expect(await store.get(name, 'a')).toBeUndefined()
    expect(await store.list(name, 10)).toEqual([])
    expect(await store.remove(name, 'a')).toBe(false)
    expect((await store.collections()).map((one) => one.name)).not.toContain(name)
  })

  it('finds the nearest pieces, nearest first, with cosine similarity as score', async () => {
    const metadata = { title: 'Ångström', big: 9_007_199_254_740_991, nested: { list: [1, null, 'x'] } }
    await store.put(name, 4, document('a', [0, 90], { metadata }))
    await store.put(name, 4, document('b', [30, 180]))
    const hits = await store.search(name, at(10), 3)
    expect(hits.map(({ document, chunk, text }) => [document, chunk, text])).toEqual([
      ['a', 0, 'a 0 at 0°'],
      ['b', 0, 'b 0 at 30°'],
      ['a', 1, 'a 1 at 90°'],
    ])
    expect(hits[0]?.metadata).toEqual(metadata)
    expect(hits[1]?.metadata).toEqual({})
    for (const [i, degrees] of [10, 20, 80].entries()) {
      expect(hits[i]?.score).toBeCloseTo(Math.cos((degrees * Math.PI) / 180), 5)
    }
  })

  it('gives as many as there are when more are asked for, and none when none are', async () => {
    await store.put(name, 4, document('a', [0, 90]))
    expect(await store.search(name, at(0), 5_000)).toHaveLength(2)
    expect(await store.search(name, at(0), 0)).toEqual([])
  })

  it('shows what was put to other clients at once', async () => {
    for (let i = 0; i < 5; i++) {
      await store.put(name, 4, document(`d${i}`, [i * 10]))
      expect((await other.search(name, at(i * 10), 1))[0]?.document).toBe(`d${i}`)
      expect((await other.get(name, `d${i}`))?.chunks).toBe(1)
    }
  })

  it('replaces a document as a whole', async () => {
    await store.put(name, 4, document('a', [0, 10, 20], { metadata: { version: 1 } }))
    await other.put(name, 4, document('a', [90], { metadata: { version: 2 } }))
    expect(await store.search(name, at(0), 10)).toEqual([
      expect.objectContaining({ document: 'a', chunk: 0, text: 'a 0 at 90°', metadata: { version: 2 } }),
    ])
    expect(await store.get(name, 'a')).toMatchObject({
      hash: 'hash of a 90',
      chunks: 1,
      metadata: { version: 2 },
    })
    expect((await store.collections()).find((one) => one.name === name)).toEqual({
      name,
      dimension: 4,
      documents: 1,
      chunks: 1,
    })
  })

  it('never shows halves of a document that others replace meanwhile', async () => {
    const versions = [document('a', [0, 1, 2, 3]), document('a', [5, 6, 7])]
    await store.put(name, 4, versions[0] as StoredDocument)
    let writing = true
    const writer = (async () => {
      for (let i = 1; i <= 12; i++) await other.put(name, 4, versions[i % 2] as StoredDocument)
      writing = false
    })()
    const seen = new Set<string>()
    while (writing) {
      seen.add(JSON.stringify((await store.search(name, at(0), 10)).map(({ text }) => text)))
    }
    await writer
    const whole = versions.map(({ chunks }) => JSON.stringify(chunks.map(({ text }) => text)))
    expect([...seen].filter((texts) => !whole.includes(texts))).toEqual([])
    expect(seen.size).toBeGreaterThan(0)
  })

  it('keeps one of several versions that are put at the same time, complete', async () => {
    const versions = Array.from({ length: 6 }, (_, i) => document('a', [i, i + 20, i + 40]))
    await Promise.all(versions.map((version, i) => (i % 2 ? store : other).put(name, 4, version)))
    const texts = (await store.search(name, at(0), 50)).map(({ text }) => text)
    const kept = versions.find(({ chunks }) => chunks[0]?.text === texts[0])
    expect(texts).toEqual(kept?.chunks.map(({ text }) => text))
    expect((await store.get(name, 'a'))?.hash).toBe(kept?.hash)
    expect((await store.collections()).find((one) => one.name === name)).toMatchObject({
      documents: 1,
      chunks: 3,
    })
  })

  it('removes a document and nothing else', async () => {
    await store.put(name, 4, document('a', [0, 5]))
    await store.put(name, 4, document('b', [20]))
    expect(await other.remove(name, 'a')).toBe(true)
    expect(await store.remove(name, 'a')).toBe(false)
    expect((await store.search(name, at(0), 10)).map((hit) => hit.document)).toEqual(['b'])
    expect(await store.get(name, 'a')).toBeUndefined()
    await store.put(name, 4, document('a', [0]))
    expect((await store.search(name, at(0), 10)).map((hit) => hit.document)).toEqual(['a', 'b'])
  })

  it('lists documents by id, in pages', async () => {
    const ids = ['b', 'a', 'Ä', 'a b/c?d', "o'clock", '\u{1f600}', '\uffee', 'c']
    for (const id of ids) await store.put(name, 4, document(id, [0]))
    const sorted = ['a', 'a b/c?d', 'b', 'c', "o'clock", 'Ä', '\uffee', '\u{1f600}']
    const pages = []
    for (let after: string | undefined; ; ) {
      const page = await store.list(name, 3, after)
      if (page.length === 0) break
      pages.push(page.map(({ id }) => id))
      after = page.at(-1)?.id
    }
    expect(pages).toEqual([sorted.slice(0, 3), sorted.slice(3, 6), sorted.slice(6)])
    expect((await store.list(name, 1))[0]).toEqual({
      id: 'a',
      hash: 'hash of a 0',
      metadata: {},
      chunks: 1,
      stored_at: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/),
    })
  })

  it('keeps collections apart, whatever their dimensions', async () => {
    const second = `docs-test-${randomUUID()}`
    used.push(second)
    await store.put(name, 4, document('a', [0]))
    const wide = { text: 'wide', vector: new Float32Array(6).fill(1 / Math.sqrt(6)) }
    await store.put(second, 6, document('a', [], { chunks: [wide] }))
    expect((await store.search(second, wide.vector, 5)).map(({ text }) => text)).toEqual(['wide'])
    expect((await store.search(name, at(0), 5)).map(({ text }) => text)).toEqual(['a 0 at 0°'])
    const known = (await store.collections()).filter((one) => [name, second].includes(one.name))
    expect(known.map(({ dimension }) => dimension).sort()).toEqual([4, 6])
  })

  it('refuses vectors of another dimension, and keeps what was there', async () => {
    await store.put(name, 4, document('a', [0]))
    const wrong = { text: 'wrong', vector: new Float32Array([1, 0, 0]) }
    await expect(store.put(name, 3, document('a', [], { chunks: [wrong] }))).rejects.toMatchObject({
      code: 'VECTORS_FAILED',
      message: expect.stringMatching(/dim(ension)?.*4.*3/),
    })
    await expect(store.search(name, new Float32Array([1, 0, 0]), 1)).rejects.toMatchObject({
      code: 'VECTORS_FAILED',
    })
    expect((await store.search(name, at(0), 5)).map(({ text }) => text)).toEqual(['a 0 at 0°'])
  })

  it('takes a document of many pieces', async () => {
    const angles = Array.from({ length: 1_500 }, (_, i) => i / 10)
    await store.put(name, 4, document('long', angles))
    const hits = await store.search(name, at(70), 3)
    expect(hits[0]).toMatchObject({ document: 'long', chunk: 700 })
    expect((await store.get(name, 'long'))?.chunks).toBe(1_500)
  })

  it('takes a document without pieces', async () => {
    await store.put(name, 4, document('empty', []))
    expect((await store.get(name, 'empty'))?.chunks).toBe(0)
    expect(await store.search(name, at(0), 3)).toEqual([])
  })
})
