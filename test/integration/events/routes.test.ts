import { once } from 'node:events'
import { connect } from 'node:net'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { createCloser } from '../../../src/runtime/kernel/index.ts'
import type { RedisClient } from '../../../src/runtime/platform/redis/index.ts'
import {
  call,
  type EventGateway,
  type LiveClient,
  openLive,
  startEventGateway,
} from '../../support/events.ts'
import { startTestRedis, type TestRedis } from '../../support/redis.ts'

let server: TestRedis
let gateway: EventGateway
let redis: RedisClient
let closer: ReturnType<typeof createCloser>

beforeAll(async () => {
  server = await startTestRedis()
  gateway = await startEventGateway(server)
  redis = server.connect()
})
afterAll(async () => {
  await gateway?.close()
  await server?.close()
})
beforeEach(() => {
  closer = createCloser()
})
afterEach(async () => {
  await closer.close()
  await redis.flushall()
})

const post = (path: string, body: unknown, headers: Record<string, string> = {}) =>
  call(gateway.url, path, { body, headers })
const get = (path: string) => call(gateway.url, path)

async function live(path: string, headers: Record<string, string> = {}): Promise<LiveClient> {
  return closer.add(await openLive(gateway.url, path, headers), (client) => client.close())
}

/** Adds an event as a foreign program would. */
function add(type: string, n: number, id = '*'): Promise<string | null> {
  const fields = {
    event_id: `e${n}`,
    event_type: type,
    timestamp: '2026-01-01T00:00:00Z',
    data: JSON.stringify({ n }),
  }
  return redis.xadd(`agent:stream:${type}`, id, ...Object.entries(fields).flat())
}

const dataOf = (text: string) => (JSON.parse(text) as { data: unknown }).data

describe('POST /events/:type', () => {
  it('publishes what the body holds, once for each idempotency key', async () => {
    const headers = {
      'idempotency-key': 'order-1',
      traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01',
    }
    const first = await post('/events/order.placed?version=3', { total: 5 }, headers)
    expect(first).toEqual({
      status: 201,
      body: { event_id: 'order-1', event_type: 'order.placed', id: expect.any(String), duplicate: false },
    })
    const again = await post('/events/order.placed?version=3', { total: 5 }, headers)
    expect(again).toEqual({ status: 200, body: { ...first.body, duplicate: true } })
    const page = await get('/events/order.placed')
    expect(page.body).toEqual({
      events: [
        {
          id: first.body.id,
          event_id: 'order-1',
          event_type: 'order.placed',
          timestamp: expect.stringMatching(/^\d{4}-.*Z$/),
          data: { total: 5 },
          version: '3',
          traceparent: headers.traceparent,
        },
      ],
      undecodable: [],
      next: null,
    })
  })

  it.each([['[1,2]'], ['"text"'], ['0'], ['null'], ['false']])('takes any JSON as data: %s', async (json) => {
    expect(await post('/events/any.thing', json)).toMatchObject({ status: 201 })
    const { body } = await get('/events/any.thing')
    expect(JSON.stringify((body.events as { data: unknown }[])[0]?.data)).toBe(json)
  })

  it('takes a megabyte of data, and refuses more', async () => {
    const fits = JSON.stringify('x'.repeat(1024 * 1024 - 2))
    expect(await post('/events/big.one', fits)).toMatchObject({ status: 201 })
    expect(await post('/events/big.one', `${fits} `)).toMatchObject({
      status: 413,
      body: { code: 'HTTP_BODY_TOO_LARGE', detail: expect.stringContaining('1048576') },
    })
    // Shorter as it is sent than as it is stored.
    const grows = `[${'1e20,'.repeat(90_000)}1]`
    expect(await post('/events/big.one', grows)).toMatchObject({
      status: 413,
      body: { code: 'EVENT_TOO_LARGE' },
    })
    expect(await redis.xlen('agent:stream:big.one')).toBe(1)
  })

  it.each([
    ['an illegal type', '/events/Task.Created', {}, 'EVENT_TYPE_INVALID', 'type'],
    ['a type that is a path', '/events/a%2Fb', {}, 'EVENT_TYPE_INVALID', 'type'],
    ['a type that is too long', `/events/${'a'.repeat(201)}`, {}, 'EVENT_TYPE_INVALID', 'type'],
    ['an unknown parameter', '/events/a.b?verson=2', {}, 'HTTP_INVALID', 'query.verson'],
    [
      'data that breaks the schema',
      '/events/task.created',
      { priority: 'x' },
      'EVENT_DATA_INVALID',
      'data.task_id',
    ],
    ['no JSON', '/events/a.b', '{', 'HTTP_INVALID', 'body'],
  ])('refuses %s and names it', async (_what, path, body, code, field) => {
    expect(await post(path, body)).toMatchObject({ status: 400, body: { code, field } })
    expect(await redis.keys('agent:stream:*')).toEqual([])
  })

  it('refuses an illegal event id, no body, and what is no JSON', async () => {
    expect(await post('/events/a.b', {}, { 'idempotency-key': 'a b' })).toMatchObject({
      status: 400,
      body: { code: 'EVENT_ID_INVALID' },
    })
    expect(await call(gateway.url, '/events/a.b', { method: 'POST' })).toMatchObject({
      status: 400,
      body: { field: 'body' },
    })
    expect(await post('/events/a.b', 'a=1', { 'content-type': 'text/plain' })).toMatchObject({ status: 415 })
    expect(await call(gateway.url, '/events/a.b', { method: 'PUT', body: {} })).toMatchObject({ status: 405 })
  })

  it('ignores a trace context that is none', async () => {
    await post('/events/a.b', {}, { traceparent: 'nonsense' })
    const { body } = await get('/events/a.b')
    expect((body.events as object[])[0]).not.toHaveProperty('traceparent')
  })
})

describe('POST /events/:type/request', () => {
  it('answers what the handler returns', async () => {
    gateway.bus.subscribe('sum.wanted', (data) => (data as { a: number }).a + 1)
    gateway.bus.subscribe('sum.impossible', () => {
      throw Object.assign(new Error('no numbers'), { name: 'FatalError' })
    })
    await gateway.bus.start()
    closer.add(gateway.bus, (bus) => bus.stop())
    expect(await post('/events/sum.wanted/request', { a: 1 })).toEqual({
      status: 200,
      body: { status: 'success', result: 2 },
    })
    expect(await post('/events/sum.impossible/request', {})).toMatchObject({
      status: 502,
      body: { code: 'EVENT_REQUEST_FAILED', detail: expect.stringContaining('no numbers') },
    })
  })

  it('answers what a foreign responder writes', async () => {
    const answer = post('/events/doc.process/request', { doc: 7 })
    const [[, entries]] = (await redis.xread(
      'BLOCK',
      10_000,
      'STREAMS',
      'agent:stream:doc.process',
      '0',
    )) as [[string, [string, string[]][]]]
    const fields = entries[0]?.[1] ?? []
    const data = JSON.parse(fields[fields.indexOf('data') + 1] ?? '') as {
      doc: number
      response_stream: string
    }
    expect(data.doc).toBe(7)
    await redis.xadd(data.response_stream, '*', 'data', JSON.stringify({ result: 'done', status: 'success' }))
    expect(await answer).toEqual({ status: 200, body: { result: 'done', status: 'success' } })
  })

  it('says when nobody replies in time', async () => {
    expect(await post('/events/never.handled/request?timeout=50ms', {})).toMatchObject({
      status: 504,
      body: { code: 'EVENT_REQUEST_TIMEOUT' },
    })
  })

  it.each([
    ['/events/a.b/request?timeout=soon', {}, 'query.timeout'],
    ['/events/a.b/request?timeout=1h', {}, 'query.timeout'],
    ['/events/a.b/request?wait=1', {}, 'query.wait'],
    ['/events/a.b/request', [1], 'body'],
  ])('refuses %s with %j', async (path, body, field) => {
    expect(await post(path, body)).toMatchObject({ status: 400, body: { field } })
  })
})

describe('GET /events/:type', () => {
  const numbersOf = (body: Record<string, unknown>) =>
    (body.events as { data: { n: number } }[]).map((event) => event.data.n)

  it('pages through history in both directions', async () => {
    for (let n = 1; n <= 5; n++) await add('a.b', n, `${n}-0`)
    const first = await get('/events/a.b?limit=2')
    expect([numbersOf(first.body), first.body.next]).toEqual([[1, 2], '3-0'])
    const second = await get('/events/a.b?limit=3&from=3-0')
    expect([numbersOf(second.body), second.body.next]).toEqual([[3, 4, 5], null])
    const newest = await get('/events/a.b?limit=2&order=desc')
    expect([numbersOf(newest.body), newest.body.next]).toEqual([[5, 4], '3-0'])
    expect(numbersOf((await get('/events/a.b?order=desc&to=3-0')).body)).toEqual([3, 2, 1])
    expect(numbersOf((await get('/events/a.b?to=1970-01-01T00:00:00.002Z')).body)).toEqual([1, 2])
  })

  it('fills a page that is larger than one read, whatever order', async () => {
    for (let n = 1; n <= 150; n++) await add('a.b', n, `${n}-0`)
    const all = Array.from({ length: 150 }, (_, i) => i + 1)
    const page = await get('/events/a.b?limit=149')
    expect([numbersOf(page.body), page.body.next]).toEqual([all.slice(0, 149), '150-0'])
    expect(numbersOf((await get('/events/a.b?limit=1000&order=desc')).body)).toEqual(all.toReversed())
  })

  it('ends a page early when its events are large', async () => {
    for (let n = 1; n <= 20; n++) {
      await redis.xadd(
        'agent:stream:a.b',
        `${n}-0`,
        'event_id',
        `e${n}`,
        'data',
        JSON.stringify('x'.repeat(500_000)),
      )
    }
    const page = await get('/events/a.b')
    expect((page.body.events as []).length).toBeLessThan(20)
    expect(page.body.next).toBe(`${(page.body.events as []).length + 1}-0`)
  })

  it('names the entries that are no events', async () => {
    await redis.xadd('agent:stream:a.b', '1-0', 'event_id', 'x')
    await add('a.b', 2, '2-0')
    const { body } = await get('/events/a.b')
    expect(numbersOf(body)).toEqual([2])
    expect(body.undecodable).toEqual([{ id: '1-0', reason: expect.stringContaining('data') }])
  })

  it('has nothing of a type nobody has published', async () => {
    expect((await get('/events/none.such')).body).toEqual({ events: [], undecodable: [], next: null })
  })

  it.each([
    ['limit=0', 'query.limit'],
    ['limit=1001', 'query.limit'],
    ['order=up', 'query.order'],
    ['since=1', 'query.since'],
    ['from=yesterday', 'from'],
  ])('refuses ?%s', async (query, field) => {
    expect(await get(`/events/a.b?${query}`)).toMatchObject({ status: 400, body: { field } })
  })
})

describe('GET /events/:type/live', () => {
  it('sends new events to every client', async () => {
    await add('a.b', 0)
    const clients = await Promise.all([live('/events/a.b/live'), live('/events/a.b/live?from=first')])
    const { body } = await post('/events/a.b', { n: 1 })
    const [[news], all] = await Promise.all([clients[0].seen(1), clients[1].seen(2)])
    expect([news?.id, dataOf(news?.data ?? '')]).toEqual([body.id, { n: 1 }])
    expect(all.map(({ data }) => dataOf(data))).toEqual([{ n: 0 }, { n: 1 }])
  })

  it('shows what a foreign program adds without a word', async () => {
    const client = await live('/events/a.b/live')
    await add('a.b', 1)
    expect(dataOf((await client.seen(1))[0]?.data ?? '')).toEqual({ n: 1 })
  })

  it('resumes after the last event, by header or parameter', async () => {
    for (let n = 1; n <= 4; n++) await add('a.b', n, `${n}-0`)
    for (const client of [
      await live('/events/a.b/live', { 'last-event-id': '2-0' }),
      await live('/events/a.b/live?last_event_id=2-0'),
      await live('/events/a.b/live?from=2-0'),
      await live('/events/a.b/live?from=first', { 'last-event-id': '2-0' }),
    ]) {
      expect((await client.seen(2)).map((frame) => [frame.event, frame.id])).toEqual([
        [undefined, '3-0'],
        [undefined, '4-0'],
      ])
    }
  })

  it('says first when events after the cursor have been trimmed', async () => {
    for (let n = 1; n <= 4; n++) await add('a.b', n, `${n}-0`)
    await redis.xtrim('agent:stream:a.b', 'MINID', '3-0')
    const [gap, next] = await (await live('/events/a.b/live', { 'last-event-id': '1-0' })).seen(2)
    expect([gap?.event, gap?.id]).toEqual(['gap', undefined])
    expect(JSON.parse(gap?.data ?? '')).toEqual({ reason: 'trimmed', after: '1-0', event_type: 'a.b' })
    expect(next?.id).toBe('3-0')
  })

  it('says when the stream is another one', async () => {
    await add('a.b', 1, '1-0')
    const client = await live('/events/a.b/live', { 'last-event-id': '9-0' })
    expect((await client.seen(1))[0]?.event).toBe('gap')
    await add('a.b', 2, '2-0')
    expect((await client.seen(2))[1]?.id).toBe('2-0')
  })

  it('sends entries that are no events as what they are', async () => {
    const client = await live('/events/a.b/live')
    await redis.xadd('agent:stream:a.b', '5-0', 'event_id', 'x', 'data', '{')
    await add('a.b', 6, '6-0')
    const [broken, good] = await client.seen(2)
    expect([broken?.event, broken?.id]).toEqual(['undecodable', '5-0'])
    expect(JSON.parse(broken?.data ?? '')).toEqual({ id: '5-0', reason: expect.stringContaining('JSON') })
    expect(good?.id).toBe('6-0')
  })

  it('tells a slow client what was trimmed while it was waited for', async () => {
    const large = JSON.stringify('x'.repeat(500_000))
    for (let n = 1; n <= 40; n++)
      await redis.xadd('agent:stream:a.b', `${n}-0`, 'event_id', `e${n}`, 'data', large)
    const { hostname, port } = new URL(gateway.url)
    const socket = closer.add(connect(Number(port), hostname), (opened) => opened.destroy())
    socket.write('GET /events/a.b/live?from=first HTTP/1.1\r\nhost: 127.0.0.1\r\n\r\n')
    // Its first events are here, so the server has given it all that fits into its buffers, and waits.
    let text = ''
    while (!text.includes('id: 1-0')) {
      await once(socket, 'readable')
      text += socket.read() ?? ''
    }
    await redis.xtrim('agent:stream:a.b', 'MAXLEN', 1)
    socket.on('readable', () => {
      text += socket.read() ?? ''
    })
    await expect.poll(() => text.includes('id: 40-0'), { timeout: 20_000 }).toBe(true)
    const ids = [...text.matchAll(/^(?:id: (\d+)-0|event: (gap))$/gm)].map(([, id, gap]) => gap ?? id)
    const seen = ids.indexOf('gap')
    expect(seen).toBeGreaterThan(0)
    expect(ids).toEqual([...Array.from({ length: seen }, (_, i) => String(i + 1)), 'gap', '40'])
  })

  it.each([
    ['?from=yesterday', 'from'],
    ['?last_event_id=x', 'last_event_id'],
    ['?after=1-0', 'query.after'],
  ])('refuses %s', async (query, field) => {
    expect(await get(`/events/a.b/live${query}`)).toMatchObject({ status: 400, body: { field } })
  })
})
