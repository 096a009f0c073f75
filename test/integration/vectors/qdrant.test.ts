import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createCloser } from '../../../src/runtime/kernel/index.ts'
import { freePort } from '../../../src/runtime/platform/process/index.ts'
import { openVectorStore, type VectorStore } from '../../../src/runtime/platform/vectors/index.ts'
import { openQdrantStore } from '../../../src/runtime/platform/vectors/qdrant.ts'
import { type QdrantStandIn, type StandInOptions, startQdrantStandIn } from '../../support/qdrant.ts'
import { silent } from '../../support/redis.ts'

const document = (id: string, text: string, count = 1) => ({
  id,
  hash: text,
  metadata: {},
  chunks: Array.from({ length: count }, (_, i) => ({
    text: `${text} ${i}`,
    vector: new Float32Array([1, i / 100]),
  })),
})
const query = new Float32Array([1, 0])

let closer: ReturnType<typeof createCloser>
beforeEach(() => {
  closer = createCloser()
})
afterEach(() => closer.close())

async function start(options: StandInOptions = {}): Promise<QdrantStandIn> {
  return closer.add(await startQdrantStandIn(options), (server) => server.close())
}

async function open(url: string, apiKey?: string, timeout?: number): Promise<VectorStore> {
  const limit = timeout === undefined ? {} : { timeout }
  return closer.add(await openQdrantStore({ url, apiKey, log: silent, ...limit }), (store) => store.close())
}

const textsOf = async (store: VectorStore) => (await store.search('c', query, 10)).map(({ text }) => text)

describe('a Qdrant that is away', () => {
  it('is named with the reason by every call', async () => {
    const url = `http://127.0.0.1:${await freePort()}`
    const store = await openVectorStore({ qdrantUrl: url, path: '', log: silent })
    const calls = [
      () => store.ping(),
      () => store.search('c', query, 1),
      () => store.put('c', 2, document('a', 'one')),
      () => store.get('c', 'a'),
      () => store.list('c', 1),
      () => store.remove('c', 'a'),
      () => store.collections(),
    ]
    for (const call of calls) {
      await expect(call()).rejects.toMatchObject({
        code: 'VECTORS_UNREACHABLE',
        status: 503,
        retryable: true,
        message: `Qdrant at ${url}: ECONNREFUSED`,
      })
    }
  })

  it('is used again when it is back', async () => {
    const port = await freePort()
    const store = await open(`http://127.0.0.1:${port}`)
    await expect(store.ping()).rejects.toMatchObject({ code: 'VECTORS_UNREACHABLE' })
    await start({ port })
    await store.ping()
    await store.put('c', 2, document('a', 'one'))
    expect(await textsOf(store)).toEqual(['one 0'])
  })

  it('counts as away when it answers too late', async () => {
    const server = await start()
    let release = () => {}
    server.before = () => new Promise((done) => (release = done))
    const store = await open(server.url, undefined, 100)
    await expect(store.search('c', query, 1)).rejects.toMatchObject({
      code: 'VECTORS_UNREACHABLE',
      message: expect.stringContaining('no answer within 100 ms'),
    })
    release()
  })

  it('counts as away when it cuts the connection', async () => {
    const server = await start()
    const store = await open(server.url)
    server.before = () => server.close()
    await expect(store.ping()).rejects.toMatchObject({ code: 'VECTORS_UNREACHABLE' })
  })
})

describe('the address of Qdrant', () => {
  it.each([
    '',
    'localhost:6333',
    'redis://localhost',
    'http://user:secret@localhost',
    'http://localhost?api-key=x',
  ])('is refused as %j, without telling a password', async (url) => {
    const failure = await open(url).catch((error: Error) => error)
    expect(failure).toMatchObject({ code: 'VECTORS_URL_INVALID', field: 'qdrantUrl' })
    expect((failure as Error).message).not.toContain('secret')
  })

  it('may have a path', async () => {
    const server = await start({ prefix: '/vectors/qdrant' })
    const store = await open(`${server.url}/`)
    await store.ping()
    await store.put('c', 2, document('a', 'one'))
    expect(await textsOf(store)).toEqual(['one 0'])
  })

  it('of something else than Qdrant is an error, not an empty collection', async () => {
    const server = await start({ prefix: '/elsewhere' })
    const store = await open(new URL(server.url).origin)
    await expect(store.search('c', query, 1)).rejects.toMatchObject({ code: 'VECTORS_FAILED' })
    await expect(store.put('c', 2, document('a', 'one'))).rejects.toMatchObject({ code: 'VECTORS_FAILED' })
  })
})

describe('the key of Qdrant', () => {
  it('is sent, and named as the cure where it is missing or wrong', async () => {
    const server = await start({ apiKey: 'right' })
    await (await open(server.url, 'right')).ping()
    for (const key of [undefined, 'wrong']) {
      await expect((await open(server.url, key)).search('c', query, 1)).rejects.toMatchObject({
        code: 'VECTORS_FAILED',
        message: expect.stringContaining('401: Must provide an API key'),
        fix: expect.stringContaining('QDRANT_API_KEY'),
      })
    }
  })
})

it('an old Qdrant is refused by the ping', async () => {
  const server = await start({ version: '1.15.4' })
  await expect((await open(server.url)).ping()).rejects.toMatchObject({
    code: 'VECTORS_FAILED',
    message: expect.stringContaining('1.15.4'),
    fix: 'Update Qdrant to 1.16 or newer.',
  })
  const newer = await start({ version: '2.0.0' })
  await (await open(newer.url)).ping()
})

it('a collection of somebody else is not listed', async () => {
  const server = await start()
  const store = await open(server.url)
  await store.put('c', 2, document('a', 'one'))
  await fetch(`${server.url}/collections/theirs`, {
    method: 'PUT',
    body: JSON.stringify({ vectors: { text: { size: 2, distance: 'Cosine' } } }),
  })
  expect((await store.collections()).map(({ name }) => name)).toEqual(['c'])
})

describe('a document that is being replaced', () => {
  /** Stops the writer before the n-th request from now that fits, until released. */
  function holdBefore(server: QdrantStandIn, fits: RegExp) {
    let reached = () => {}
    let release = () => {}
    const held = new Promise<void>((done) => (reached = done))
    const released = new Promise<void>((done) => (release = done))
    server.before = async (method, path) => {
      if (!fits.test(`${method} ${path}`)) return
      server.before = () => {}
      reached()
      await released
    }
    return { held, release }
  }

  it('is seen as it was before the manifest is written, and as it is afterwards', async () => {
    const server = await start()
    const [writer, reader] = [await open(server.url), await open(server.url)]
    await writer.put('c', 2, document('a', 'old', 3))
    // The pieces of the new version are there when the writer asks to remove those of the old.
    let upserts = 0
    let halt = () => {}
    const halted = new Promise<void>((done) => (halt = done))
    let go = () => {}
    const gone = new Promise<void>((done) => (go = done))
    server.before = async (method, path) => {
      if (method === 'PUT' && path.endsWith('/points') && ++upserts === 2) {
        halt()
        await gone
      }
    }
    const writing = writer.put('c', 2, document('a', 'new', 3))
    await halted
    expect(await textsOf(reader)).toEqual(['old 0', 'old 1', 'old 2'])
    go()
    const { held, release } = holdBefore(server, /delete$/)
    await held
    expect(await textsOf(reader)).toEqual(['new 0', 'new 1', 'new 2'])
    release()
    await writing
    expect(await reader.collections()).toEqual([{ name: 'c', dimension: 2, documents: 1, chunks: 3 }])
  })

  it('is found whole by a search that begins before and ends after', async () => {
    const server = await start()
    const [writer, reader] = [await open(server.url), await open(server.url)]
    await writer.put('c', 2, document('a', 'old', 3))
    const { held, release } = holdBefore(server, /^POST \/collections\/c\/points$/)
    const searching = textsOf(reader)
    await held
    await writer.put('c', 2, document('a', 'new', 3))
    release()
    expect(await searching).toEqual(['new 0', 'new 1', 'new 2'])
  })

  it('is not disturbed by what a killed writer has left, and the next write removes it', async () => {
    const server = await start()
    const store = await open(server.url)
    await store.put('c', 2, document('a', 'old', 2))
    let upserts = 0
    server.before = (method, path) => {
      if (method === 'PUT' && path.endsWith('/points') && ++upserts === 2) throw new Error('killed')
    }
    await expect(store.put('c', 2, document('a', 'lost', 9))).rejects.toMatchObject({
      code: 'VECTORS_FAILED',
    })
    server.before = () => {}
    expect(await textsOf(store)).toEqual(['old 0', 'old 1'])
    expect((await store.get('c', 'a'))?.hash).toBe('old')
    await store.put('c', 2, document('a', 'new', 2))
    expect(await textsOf(store)).toEqual(['new 0', 'new 1'])
    expect(await store.collections()).toEqual([{ name: 'c', dimension: 2, documents: 1, chunks: 2 }])
  })

  it.each([
    ['pieces', 1],
    ['manifest', 2],
  ])(
    'is the one of the writer that began later, though the %s of the earlier one come later',
    async (_, nth) => {
      const server = await start()
      const [slow, quick] = [await open(server.url), await open(server.url)]
      await quick.put('c', 2, document('a', 'old', 2))
      const fits = /^PUT .*\/points$/
      let hold = holdBefore(server, fits)
      const writing = slow.put('c', 2, document('a', 'slow', 4))
      await hold.held
      for (let i = 1; i < nth; i++) {
        const next = holdBefore(server, fits)
        hold.release()
        await next.held
        hold = next
      }
      await quick.put('c', 2, document('a', 'quick', 3))
      hold.release()
      await writing
      expect(await textsOf(slow)).toEqual(['quick 0', 'quick 1', 'quick 2'])
      expect((await slow.get('c', 'a'))?.hash).toBe('quick')
      expect(await slow.collections()).toEqual([{ name: 'c', dimension: 2, documents: 1, chunks: 3 }])
    },
  )

  it('is sent in requests that the server takes', async () => {
    const server = await start()
    const store = await open(server.url)
    const wide = Array.from({ length: 120 }, (_, i) => {
      const vector = new Float32Array(4_096)
      vector[i] = 1
      return { text: String(i), vector }
    })
    await store.put('c', 4_096, { id: 'a', hash: 'h', metadata: {}, chunks: wide })
    expect(server.served.filter((line) => line.startsWith('PUT /collections/c/points'))).toHaveLength(3)
    const target = new Float32Array(4_096)
    target[111] = 1
    expect((await store.search('c', target, 1))[0]).toMatchObject({ chunk: 111, text: '111' })
  })
})
