import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { createCloser } from '../../../src/runtime/kernel/index.ts'
import { freePort } from '../../../src/runtime/platform/process/index.ts'
import { connectRedis, disconnectRedis, type RedisClient } from '../../../src/runtime/platform/redis/index.ts'
import type { VectorStore } from '../../../src/runtime/platform/vectors/index.ts'
import { createLibrary } from '../../../src/runtime/rag/documents/library.ts'
import { createHashEncoder } from '../../../src/runtime/rag/encoders/hash.ts'
import { createQueryEncoder } from '../../../src/runtime/rag/retrieval/embedding-cache.ts'
import { createRetriever } from '../../../src/runtime/rag/retrieval/retrieval.ts'
import { tempStore, watched } from '../../support/library.ts'
import { silent, startTestRedis, type TestRedis } from '../../support/redis.ts'

const TTL = 60_000
/** Milliseconds that the caches wait for Redis where it is there: longer than a busy machine may pause. */
const patience = 20_000
const cached = { useCache: true }
const closer = createCloser()
let server: TestRedis
let redis: RedisClient

beforeAll(async () => {
  server = closer.add(await startTestRedis(), (running) => running.close())
  redis = server.connect()
})
afterAll(() => closer.close())
beforeEach(() => redis.flushall())

/** A client whose server never was there. */
async function unreachable(): Promise<RedisClient> {
  const url = `redis://127.0.0.1:${await freePort()}`
  return closer.add(connectRedis({ url, purpose: 'request', name: 'test', log: silent }), disconnectRedis)
}

describe('the vectors of queries', () => {
  const setUp = (client: RedisClient | undefined, ttl = TTL, more: { patience?: number } = { patience }) => {
    const { encoder, batches, control } = watched(createHashEncoder(64))
    const queries = createQueryEncoder({ encoder, redis: client, ttl, log: silent, ...more })
    return { batches, control, queries }
  }

  it('are remembered, bit by bit, for the time to live', async () => {
    const { queries, batches } = setUp(redis)
    const first = await queries.encode('What is it?', cached)
    const again = await queries.encode('What is it?', cached)
    expect(first.cached).toBe(false)
    expect(again).toEqual({ vector: first.vector, cached: true })
    expect(batches).toHaveLength(1)
    const [key = ''] = await redis.keys('*')
    expect(key).toMatch(/^rag:embedding:hash-64:[0-9a-f]{64}$/)
    const left = await redis.pttl(key)
    expect(left).toBeGreaterThan(0)
    expect(left).toBeLessThanOrEqual(TTL)
  })

  it('are of this text, this encoder', async () => {
    const { queries } = setUp(redis)
    await queries.encode('one', cached)
    expect((await queries.encode('One', cached)).cached).toBe(false)
    const other = createQueryEncoder({
      encoder: createHashEncoder(32),
      redis,
      ttl: TTL,
      log: silent,
      patience,
    })
    expect(await other.encode('one', cached)).toMatchObject({ cached: false, vector: { length: 32 } })
  })

  it('are made anew without the cache, and then remembered', async () => {
    const { queries } = setUp(redis)
    await queries.encode('one', cached)
    expect((await queries.encode('one', { useCache: false })).cached).toBe(false)
    await queries.encode('two', { useCache: false })
    expect((await queries.encode('two', cached)).cached).toBe(true)
  })

  it('are made anew where something else is kept in their place', async () => {
    const { queries } = setUp(redis)
    const { vector } = await queries.encode('one', cached)
    const [key = ''] = await redis.keys('*')
    await redis.set(key, 'rubbish')
    expect(await queries.encode('one', cached)).toEqual({ vector, cached: false })
    await redis.del(key)
    await redis.lpush(key, 'a list')
    expect(await queries.encode('one', cached)).toEqual({ vector, cached: false })
  })

  it('are not kept with a time to live of 0', async () => {
    const { queries } = setUp(redis, 0)
    await queries.encode('one', cached)
    expect((await queries.encode('one', cached)).cached).toBe(false)
    expect(await redis.dbsize()).toBe(0)
  })

  it('are not kept when the encoder fails', async () => {
    const { queries, control } = setUp(redis)
    control.failure = new Error('no model')
    await expect(queries.encode('one', cached)).rejects.toThrow('no model')
    control.failure = undefined
    expect((await queries.encode('one', cached)).cached).toBe(false)
  })

  it('are made without delay while Redis is away, or was never there', async () => {
    for (const client of [undefined, await unreachable()]) {
      const { queries } = setUp(client)
      for (let i = 0; i < 3; i++) expect((await queries.encode('one', cached)).cached).toBe(false)
    }
  })

  it('are made while Redis hangs, which is waited for once', async () => {
    const { queries } = setUp(server.connect(), TTL, {})
    await queries.encode('one', cached)
    process.kill(server.pid(), 'SIGSTOP')
    try {
      const began = performance.now()
      for (let i = 0; i < 100; i++) expect((await queries.encode('one', cached)).cached).toBe(false)
      // A hundred waits of 250 ms would take 25 seconds.
      expect(performance.now() - began).toBeLessThan(20_000)
    } finally {
      process.kill(server.pid(), 'SIGCONT')
    }
    await redis.ping()
  })
})

describe('the passages of a query', () => {
  let store: VectorStore
  const encoder = createHashEncoder(64)
  const library = () => createLibrary({ store, encoder, redis, log: silent })
  const retriever = (client: RedisClient | 'none' = redis, ttl = TTL) =>
    createRetriever({ store, redis: client === 'none' ? undefined : client, ttl, log: silent, patience })
  const ask = async (key: string, changes: { k?: number; useCache?: boolean } = {}) => {
    const [vector] = await encoder.encode([key])
    return { encoderId: encoder.id, vector: vector as Float32Array, key, k: 2, useCache: true, ...changes }
  }
  const doc = (id: string, text: string) => ({ id, text, metadata: {} })

  beforeEach(async () => {
    store = await tempStore(closer)
    await library().add([doc('cats', 'Cats purr.'), doc('dogs', 'Dogs bark.'), doc('cows', 'Cows moo.')])
  })

  it('are remembered as they were', async () => {
    const first = await retriever().retrieve(await ask('why do cats purr'))
    expect(first.cached).toBe(false)
    expect(first.contexts[0]?.id).toBe('cats#0')
    expect(first.contexts).toHaveLength(2)
    expect(await retriever().retrieve(await ask('why do cats purr'))).toEqual({ ...first, cached: true })
    const keys = await redis.keys('rag:retrieval:*')
    expect(keys).toEqual([expect.stringMatching(/^rag:retrieval:docs-hash-64:3:[0-9a-f]{64}$/)])
    expect(await redis.pttl(keys[0] ?? '')).toBeGreaterThan(0)
  })

  it('are of this query and this many', async () => {
    await retriever().retrieve(await ask('cats'))
    expect((await retriever().retrieve(await ask('cats', { k: 3 }))).contexts).toHaveLength(3)
    expect((await retriever().retrieve(await ask('dogs'))).cached).toBe(false)
    expect((await retriever().retrieve(await ask('cats', { useCache: false }))).cached).toBe(false)
  })

  it('are looked up anew after every change of the documents', async () => {
    const changes: [() => Promise<unknown>, string[]][] = [
      [
        () => library().add([doc('new', 'Horses neigh.')]),
        ['Cats purr.', 'Cows moo.', 'Dogs bark.', 'Horses neigh.'],
      ],
      [
        () => library().add([doc('new', 'Pigs grunt.')]),
        ['Cats purr.', 'Cows moo.', 'Dogs bark.', 'Pigs grunt.'],
      ],
      [() => library().remove('cats'), ['Cows moo.', 'Dogs bark.', 'Pigs grunt.']],
    ]
    for (const [change, texts] of changes) {
      await retriever().retrieve(await ask('cats', { k: 10 }))
      expect((await retriever().retrieve(await ask('cats', { k: 10 }))).cached).toBe(true)
      await change()
      const { contexts, cached } = await retriever().retrieve(await ask('cats', { k: 10 }))
      expect(cached).toBe(false)
      expect(contexts.map(({ text }) => text).sort()).toEqual(texts)
    }
  })

  it('stay remembered when nothing has changed', async () => {
    await retriever().retrieve(await ask('cats'))
    await library().add([doc('cats', 'Cats purr.')])
    await library().remove('unknown')
    expect((await retriever().retrieve(await ask('cats'))).cached).toBe(true)
  })

  it('are those of the store that is asked', async () => {
    await retriever().retrieve(await ask('cats'))
    store = await tempStore(closer)
    expect(await retriever().retrieve(await ask('cats'))).toEqual({ contexts: [], cached: false })
  })

  it('are looked up anew when a change is made again whose first attempt was cut short', async () => {
    const unheard = createLibrary({ store, encoder, log: silent })
    await retriever().retrieve(await ask('cats'))
    // Stored, and then the worker was gone before it could say so.
    await unheard.add([doc('cats', 'Cats sleep.')])
    expect(await library().add([doc('cats', 'Cats sleep.')], { again: true })).toMatchObject([
      { status: 'unchanged' },
    ])
    expect((await retriever().retrieve(await ask('cats'))).cached).toBe(false)
    await unheard.remove('cats')
    expect(await library().remove('cats', true)).toBe(true)
    expect((await retriever().retrieve(await ask('cats'))).cached).toBe(false)
  })

  it('of a search that a change has overtaken are given to nobody afterwards', async () => {
    // The search ends before the change and its result is kept after it.
    const slow: VectorStore = {
      ...store,
      async search(...parameters) {
        const hits = await store.search(...parameters)
        await library().add([doc('new', 'Cats purr, cats sleep.')])
        return hits
      },
    }
    const overtaken = createRetriever({ store: slow, redis, ttl: TTL, log: silent, patience })
    const before = await overtaken.retrieve(await ask('cats purr sleep'))
    expect(before.contexts.map(({ id }) => id)).not.toContain('new#0')
    const after = await retriever().retrieve(await ask('cats purr sleep'))
    expect(after.cached).toBe(false)
    expect(after.contexts[0]?.id).toBe('new#0')
  })

  it('are not remembered when there are none', async () => {
    store = await tempStore(closer)
    expect(await retriever().retrieve(await ask('anything'))).toEqual({ contexts: [], cached: false })
    expect(await redis.keys('rag:retrieval:*')).toEqual([])
  })

  it('are looked up where something else is kept in their place', async () => {
    const first = await retriever().retrieve(await ask('cats'))
    const [key = ''] = await redis.keys('rag:retrieval:*')
    for (const rubbish of ['{', '[{"id":1}]', 'null']) {
      await redis.set(key, rubbish)
      expect(await retriever().retrieve(await ask('cats'))).toEqual(first)
    }
  })

  it('are refused with the reason when the encoder has changed', async () => {
    const [vector] = await createHashEncoder(32).encode(['cats'])
    const request = { ...(await ask('cats')), encoderId: 'hash-32', vector: vector as Float32Array }
    await expect(retriever().retrieve(request)).rejects.toMatchObject({
      code: 'RAG_ENCODER_CHANGED',
      message: expect.stringContaining('3 documents for hash-64'),
    })
  })

  it('are looked up while Redis is away', async () => {
    for (const client of ['none' as const, await unreachable()]) {
      const search = retriever(client)
      for (let i = 0; i < 2; i++)
        expect(await search.retrieve(await ask('cats'))).toMatchObject({ cached: false })
    }
    expect((await retriever(redis, 0).retrieve(await ask('cats'))).cached).toBe(false)
    expect((await retriever(redis, 0).retrieve(await ask('cats'))).cached).toBe(false)
  })

  it('can be changed while Redis is away', async () => {
    const offline = createLibrary({ store, encoder, redis: await unreachable(), log: silent })
    expect(await offline.add([doc('new', 'Horses neigh.')])).toMatchObject([{ status: 'added' }])
    expect(await offline.remove('new')).toBe(true)
  })
})
