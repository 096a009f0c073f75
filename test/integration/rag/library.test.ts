import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createCloser } from '../../../src/runtime/kernel/index.ts'
import type { VectorStore } from '../../../src/runtime/platform/vectors/index.ts'
import { collectionOf } from '../../../src/runtime/rag/documents/collection.ts'
import { createLibrary } from '../../../src/runtime/rag/documents/library.ts'
import type { Encoder } from '../../../src/runtime/rag/encoders/encoder.ts'
import { createHashEncoder } from '../../../src/runtime/rag/encoders/hash.ts'
import { tempStore, watched } from '../../support/library.ts'
import { silent } from '../../support/redis.ts'

let closer: ReturnType<typeof createCloser>
let store: VectorStore
beforeEach(async () => {
  closer = createCloser()
  store = await tempStore(closer)
})
afterEach(() => closer.close())

const open = (encoder: Encoder = createHashEncoder(64)) => createLibrary({ store, encoder, log: silent })
const doc = (text: string, id?: string, metadata: Record<string, unknown> = {}) =>
  id === undefined ? { text, metadata } : { id, text, metadata }
const long = (word: string) => `# ${word}\n\n${`Some sentence about ${word}. `.repeat(100)}`

describe('adding documents', () => {
  it('stores their passages, which are then found', async () => {
    const library = open()
    const added = await library.add([
      doc('Cats purr when they are content.', 'cats'),
      doc(long('volcanoes'), 'v'),
    ])
    expect(added).toEqual([
      { id: 'cats', chunks: 1, status: 'added' },
      { id: 'v', chunks: expect.any(Number), status: 'added' },
    ])
    const [vector] = await createHashEncoder(64).encode(['why do cats purr?'])
    const [first] = await library.search(vector as Float32Array, 2)
    expect(first).toEqual({
      id: 'cats#0',
      text: 'Cats purr when they are content.',
      score: expect.any(Number),
    })
    expect(await library.get('v')).toMatchObject({ id: 'v', chunks: added[1]?.chunks })
    expect((await library.list(10)).map(({ id }) => id)).toEqual(['cats', 'v'])
  })

  it('knows a document without an id by its text', async () => {
    const library = open()
    const [first, again, other] = await library.add([doc('one'), doc('one'), doc('two')])
    expect(first).toEqual({ id: expect.stringMatching(/^[0-9a-f]{24}$/), chunks: 1, status: 'added' })
    expect(again).toEqual({ ...first, status: 'unchanged' })
    expect(other?.id).not.toBe(first?.id)
  })

  it('costs nothing when nothing has changed', async () => {
    const { encoder, batches } = watched(createHashEncoder(64))
    const documents = [doc('one', 'a', { v: 1 }), doc('two', 'b')]
    await open(encoder).add(documents)
    expect(batches).toEqual([['one', 'two']])
    const again = await open(encoder).add(documents)
    expect(again.map(({ status, chunks }) => [status, chunks])).toEqual([
      ['unchanged', 1],
      ['unchanged', 1],
    ])
    expect(batches).toHaveLength(1)
  })

  it('replaces a document whose text or metadata have changed', async () => {
    const library = open()
    await library.add([doc(long('old'), 'a')])
    expect(await library.add([doc('new', 'a')])).toEqual([{ id: 'a', chunks: 1, status: 'replaced' }])
    expect(await library.add([doc('new', 'a', { tag: 1 })])).toMatchObject([{ status: 'replaced' }])
    expect((await library.get('a'))?.metadata).toEqual({ tag: 1 })
    expect(await store.collections()).toMatchObject([{ documents: 1, chunks: 1 }])
  })

  it('takes the last of several versions in one call, in the order given', async () => {
    const library = open()
    const added = await library.add([
      doc('first', 'a'),
      doc('other', 'b'),
      doc('second', 'a'),
      doc('second', 'a'),
    ])
    expect(added.map(({ id, status }) => `${id} ${status}`)).toEqual([
      'a added',
      'b added',
      'a replaced',
      'a unchanged',
    ])
    const hits = await store.search(library.collection, new Float32Array(64).fill(1), 10)
    expect(hits.map(({ text }) => text).sort()).toEqual(['other', 'second'])
  })

  it('encodes the passages of small documents together, and tells of progress', async () => {
    const { encoder, batches } = watched(createHashEncoder(64))
    const seen: string[] = []
    const documents = Array.from({ length: 300 }, (_, i) => doc(`text ${i}`, `d${i}`))
    await open(encoder).add(documents, {
      onProgress: ({ done, total, document }) => seen.push(`${done}/${total} ${document.id}`),
    })
    expect(batches.map((texts) => texts.length)).toEqual([128, 128, 44])
    expect(seen).toHaveLength(300)
    expect(seen[0]).toBe('1/300 d0')
    expect(seen[299]).toBe('300/300 d299')
  })

  it('keeps what was stored when the encoder fails, and continues there', async () => {
    const { encoder, control } = watched(createHashEncoder(64))
    const library = open(encoder)
    const documents = Array.from({ length: 200 }, (_, i) => doc(`text ${i}`, `d${i}`))
    await expect(
      library.add(documents, {
        onProgress: ({ done }) => {
          if (done === 128) control.failure = new Error('no more')
        },
      }),
    ).rejects.toThrow('no more')
    expect(await store.collections()).toMatchObject([{ documents: 128 }])
    control.failure = undefined
    const statuses = (await library.add(documents)).map(({ status }) => status)
    expect(statuses.filter((status) => status === 'unchanged')).toHaveLength(128)
    expect(statuses.filter((status) => status === 'added')).toHaveLength(72)
  })

  it('stops between two documents when told to', async () => {
    const controller = new AbortController()
    const adding = open().add([doc('one', 'a'), doc('two', 'b'), doc('three', 'c')], {
      signal: controller.signal,
      onProgress: () => controller.abort(new Error('enough')),
    })
    await expect(adding).rejects.toThrow('enough')
    expect((await open().list(10)).map(({ id }) => id)).toEqual(['a'])
  })
})

describe('removing a document', () => {
  it('says whether there was one', async () => {
    const library = open()
    await library.add([doc('one', 'a')])
    expect(await library.remove('a')).toBe(true)
    expect(await library.remove('a')).toBe(false)
    expect(await library.get('a')).toBeUndefined()
  })
})

describe('documents that were stored with another encoder', () => {
  const query = new Float32Array(32).fill(1 / Math.sqrt(32))

  it('are named by a search, not found by it', async () => {
    await open(createHashEncoder(64)).add([doc('one', 'a'), doc('two', 'b')])
    const library = open(createHashEncoder(32))
    await expect(library.search(query, 3)).rejects.toMatchObject({
      code: 'RAG_ENCODER_CHANGED',
      status: 409,
      message: expect.stringContaining('no document for the encoder hash-32, but 2 documents for hash-64'),
    })
    expect(await library.list(10)).toEqual([])
  })

  it('do not matter once there are documents of this one, and stay for a way back', async () => {
    await open(createHashEncoder(64)).add([doc('one', 'a')])
    const library = open(createHashEncoder(32))
    expect(await library.add([doc('one', 'a')])).toMatchObject([{ status: 'added' }])
    expect(await library.search(query, 3)).toHaveLength(1)
    expect((await open(createHashEncoder(64)).list(10)).map(({ id }) => id)).toEqual(['a'])
  })

  it('are no trouble where there are none', async () => {
    expect(await open().search(new Float32Array(64).fill(0.125), 3)).toEqual([])
  })
})

it('collections of different encoders never meet, whatever the encoders are called', () => {
  const ids = [
    'hash-384',
    'openai-a/b-3',
    'openai-a_b-3',
    'openai-a:b-3',
    `openai-${'x'.repeat(300)}-3`,
    `openai-${'x'.repeat(300)}-4`,
  ]
  const names = ids.map(collectionOf)
  expect(new Set(names).size).toBe(ids.length)
  for (const name of names) expect(name).toMatch(/^docs-[A-Za-z0-9._-]{1,140}$/)
  expect(names[0]).toBe('docs-hash-384')
})
