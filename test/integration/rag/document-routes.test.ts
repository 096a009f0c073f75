import { request } from 'undici'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import type { RedisClient } from '../../../src/runtime/platform/redis/index.ts'
import { call } from '../../support/events.ts'
import { openRagScene, type RagScene } from '../../support/rag.ts'
import { startTestRedis, type TestRedis } from '../../support/redis.ts'

let server: TestRedis
let redis: RedisClient
let scene: RagScene
let url: string

beforeAll(async () => {
  server = await startTestRedis()
  redis = server.connect()
  scene = await openRagScene(server)
  url = (await scene.gateway()).url
  await scene.worker({ stage: 'encoder' })
})
afterAll(async () => {
  await scene.close()
  await server.close()
})
beforeEach(async () => {
  const { body } = await call(url, '/documents?limit=1000')
  for (const { id } of body.documents as { id: string }[]) await remove(id)
})

const add = (body: unknown) => call(url, '/documents', { body })

async function remove(id: string) {
  const response = await request(new URL(`/documents/${encodeURIComponent(id)}`, url), { method: 'DELETE' })
  return { status: response.statusCode, body: (await response.body.json()) as Record<string, unknown> }
}

describe('documents', () => {
  it('are stored, shown and removed', async () => {
    expect(await add({ id: 'a', text: 'Bees make honey.', metadata: { source: 'book' } })).toEqual({
      status: 200,
      body: { documents: [{ id: 'a', chunks: 1, status: 'added' }] },
    })
    const found = await call(url, '/documents/a')
    expect(found).toEqual({
      status: 200,
      body: { id: 'a', chunks: 1, metadata: { source: 'book' }, stored_at: expect.stringMatching(/Z$/) },
    })
    expect(await remove('a')).toEqual({ status: 200, body: { id: 'a', status: 'removed' } })
    expect(await call(url, '/documents/a')).toMatchObject({
      status: 404,
      body: { code: 'RAG_DOCUMENT_UNKNOWN' },
    })
    expect((await remove('a')).status).toBe(404)
  })

  it('that have not changed cost nothing, and one that has is replaced', async () => {
    await add({ id: 'a', text: 'Bees make honey.' })
    const { body } = await add({
      documents: [
        { id: 'a', text: 'Bees make honey.' },
        { id: 'b', text: 'Rivers carry water.' },
      ],
    })
    expect(body.documents).toMatchObject([
      { id: 'a', status: 'unchanged' },
      { id: 'b', status: 'added' },
    ])
    expect((await add({ id: 'a', text: 'Bees make wax.' })).body.documents).toMatchObject([
      { status: 'replaced' },
    ])
  })

  it('without an id are known by what they say', async () => {
    const first = await add({ text: 'Bees make honey.' })
    const second = await add({ text: 'Bees make honey.' })
    expect((first.body.documents as { id: string }[])[0]?.id).toBe(
      (second.body.documents as { id: string }[])[0]?.id,
    )
  })

  it('are listed page by page', async () => {
    await add({ documents: ['c', 'a', 'b'].map((id) => ({ id, text: `Text ${id}.` })) })
    const first = await call(url, '/documents?limit=2')
    expect(first.body).toMatchObject({
      collection: expect.stringContaining('hash-384'),
      documents: [{ id: 'a' }, { id: 'b' }],
      next: 'b',
    })
    const second = await call(url, '/documents?limit=2&after=b')
    expect(second.body.documents).toMatchObject([{ id: 'c' }])
    expect(second.body.next).toBeUndefined()
  })

  it('may have ids that a path must encode', async () => {
    await add({ id: 'docs/über uns.md?x=1', text: 'Text.' })
    expect((await call(url, `/documents/${encodeURIComponent('docs/über uns.md?x=1')}`)).status).toBe(200)
  })

  it('larger than other bodies may be are taken', async () => {
    const documents = Array.from({ length: 4 }, (_, i) => ({ id: `big-${i}`, text: 'word '.repeat(90_000) }))
    const { status, body } = await add({ documents })
    expect(status).toBe(200)
    expect(body.documents).toHaveLength(4)
  })

  it.each([
    ['no text', { id: 'a' }],
    ['an empty text', { id: 'a', text: ' ' }],
    ['an id with a number sign', { id: 'a#b', text: 'x' }],
    ['a field that is unknown', { id: 'a', text: 'x', nonsense: 1 }],
    ['much more metadata than text', { id: 'a', text: 'x', metadata: { a: 'x'.repeat(20_000) } }],
    ['no documents at all', { documents: [] }],
  ])('with %s are refused, and nothing is stored', async (_why, body) => {
    const answer = await add(body)
    expect(answer).toMatchObject({ status: 400, body: { code: 'HTTP_INVALID' } })
    expect(await redis.llen('job:documents_in:wait')).toBe(0)
    expect((await call(url, '/documents')).body.documents).toEqual([])
  })

  it('with metadata that are nested without end are refused', async () => {
    const nested = `${'['.repeat(100_000)}${']'.repeat(100_000)}`
    const { statusCode, body } = await request(new URL('/documents', url), {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: `{"text":"x","metadata":{"a":${nested}}}`,
    })
    expect([statusCode, await body.json()]).toMatchObject([400, { code: 'HTTP_INVALID' }])
  })

  it.each(['0', '1001', 'x'])('are not listed with a limit of %s', async (limit) => {
    expect(await call(url, `/documents?limit=${limit}`)).toMatchObject({
      status: 400,
      body: { field: 'query.limit' },
    })
  })
})
