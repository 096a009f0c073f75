import { request } from 'undici'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { z } from 'zod'
import { AgentctlError, createCloser, type ErrorSpec } from '../../../src/runtime/kernel/index.ts'
import {
  createJsonClient,
  createSseHub,
  type HttpApp,
  type SseConnection,
  sseFrame,
  startHttpServer,
} from '../../../src/runtime/platform/http/index.ts'
import { createMetrics } from '../../../src/runtime/platform/metrics/index.ts'
import { openTracing, traceFields } from '../../../src/runtime/platform/tracing/index.ts'
import { type Collector, drawTrace, startCollector } from '../../support/otlp.ts'
import { readableLog } from '../../support/storage-role.ts'

const TRACE = 'a'.repeat(32)
const TRACEPARENT = `00-${TRACE}-${'b'.repeat(16)}-01`
const closer = createCloser()
const http = closer.add(createJsonClient(), (client) => client.close())
const { log } = readableLog()
let collector: Collector
let front: string
/** Records nothing. */
let plain: string
let back: string
/** The stream of the service behind, once somebody follows it. */
const followed = Promise.withResolvers<SseConnection>()
const BROKEN: ErrorSpec = { kind: 'bug', title: 'Broken', fix: 'mend it' }

/** A service of one role, whose spans are sent every 20 ms; without an address nothing is recorded. */
async function serve(role: string, url: string, routes: (app: HttpApp) => void): Promise<string> {
  const env = { OTEL_EXPORTER_OTLP_ENDPOINT: url, OTEL_BSP_SCHEDULE_DELAY: '20' }
  const tracing = await openTracing({ role, instance: `${role}-1`, version: '0', env, log })
  closer.add(tracing, (opened) => opened.close())
  const server = await startHttpServer(
    {
      ...{ title: 'test', description: 'test', version: '0', host: '127.0.0.1', port: 0, bodyLimit: 1_024 },
      ...{ checks: {}, translate: () => undefined, metrics: createMetrics(), tracer: tracing.tracer, log },
    },
    routes,
  )
  closer.add(server, (opened) => opened.close())
  return server.url
}

beforeAll(async () => {
  collector = closer.add(await startCollector(), (opened) => opened.close())
  const hub = closer.add(createSseHub({ heartbeat: 10_000, stallTimeout: 10_000 }), (opened) =>
    opened.close(),
  )
  back = await serve('back', collector.url, (app) => {
    app.post('/things/:id', { schema: { body: z.object({}) } }, async () => traceFields())
    app.get('/broken', () => {
      throw new AgentctlError('THING_BROKEN', BROKEN, 'it is')
    })
    app.post('/events', (_request, reply) => {
      reply.hijack()
      const connection = hub.open(reply.raw, { onDrain() {}, onClose() {} })
      connection.send(sseFrame('first'))
      followed.resolve(connection)
    })
  })
  const addCall = (app: HttpApp) =>
    app.post('/call', { schema: { body: z.object({}) } }, () =>
      http.postJson(`${back}/things/7?secret=1`, {}, { timeout: 10_000 }),
    )
  plain = await serve('plain', '', (app) => void addCall(app))
  front = await serve('front', collector.url, (app) => {
    addCall(app)
    app.post('/fail', () => http.getJson(`${back}/broken`, { timeout: 10_000 }))
    app.post('/follow', async () => {
      const seen: string[] = []
      for await (const { data } of http.postForEvents(`${back}/events`, {}, { timeout: 10_000 }))
        seen.push(data)
      return { seen }
    })
  })
})

afterAll(() => closer.close())

beforeEach(() => {
  ;(collector.spans as unknown[]).length = 0
})

async function post(path: string, traceparent?: string, base = front) {
  const { statusCode, body } = await request(`${base}${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...(traceparent === undefined ? {} : { traceparent }) },
    body: '{}',
  })
  return { statusCode, body: (await body.json()) as Record<string, unknown> }
}

const named = (name: string) => collector.spans.find((span) => span.name === name)

describe('a request', () => {
  it('goes on with the trace of whoever asks, and takes it to whomever is asked in turn', async () => {
    const { body } = await post('/call', TRACEPARENT)
    const spans = await collector.until(({ length }) => length === 3)
    expect(drawTrace(spans, TRACE)).toEqual([
      'agentctl-front: POST /call',
      '  agentctl-front: POST',
      '    agentctl-back: POST /things/:id',
    ])
    const served = named('POST /things/:id')
    expect(body).toEqual({ trace_id: TRACE, span_id: served?.spanId })
    expect(served).toMatchObject({
      kind: 'server',
      attributes: {
        'http.request.method': 'POST',
        'http.route': '/things/:id',
        'url.path': '/things/7',
        'http.response.status_code': 200,
      },
    })
    expect(named('POST')).toMatchObject({
      kind: 'client',
      attributes: {
        'url.full': `${back}/things/7`,
        'server.address': '127.0.0.1',
        'http.response.status_code': 200,
      },
    })
    expect(named('POST /call')?.parentSpanId).toBe('b'.repeat(16))
    expect(JSON.stringify(spans)).not.toContain('secret')
  })

  it('begins a trace of its own where none is told, or one that makes no sense', async () => {
    await post('/call')
    await post('/call', 'nonsense')
    const spans = await collector.until(({ length }) => length === 6)
    expect(new Set(spans.map(({ traceId }) => traceId)).size).toBe(2)
    expect(spans.filter(({ parentSpanId }) => parentSpanId === undefined)).toHaveLength(2)
  })

  it('that fails says so by the code of what is wrong, on every side', async () => {
    expect((await post('/fail', TRACEPARENT)).statusCode).toBe(500)
    await collector.until(({ length }) => length === 3)
    for (const name of ['POST /fail', 'GET', 'GET /broken'])
      expect(named(name)).toMatchObject({ failed: true, attributes: { 'error.type': 'THING_BROKEN' } })
  })

  it('that is refused for what it says is no failure of the service', async () => {
    const { statusCode } = await post('/nowhere', TRACEPARENT)
    expect(statusCode).toBe(404)
    const [span] = await collector.until(({ length }) => length === 1)
    expect(span).toMatchObject({
      name: 'POST',
      failed: false,
      attributes: { 'http.response.status_code': 404 },
    })
  })

  it('passes through a service that records nothing', async () => {
    expect((await post('/call', TRACEPARENT, plain)).body).toMatchObject({ trace_id: TRACE })
    const [span] = await collector.until(({ length }) => length === 1)
    expect(span).toMatchObject({ service: 'agentctl-back', parentSpanId: 'b'.repeat(16) })
  })

  it('for a stream lasts until the stream ends', async () => {
    const following = post('/follow', TRACEPARENT)
    const connection = await followed.promise
    connection.end()
    expect((await following).body).toEqual({ seen: ['first'] })
    const spans = await collector.until(({ length }) => length === 3)
    expect(drawTrace(spans, TRACE)).toEqual([
      'agentctl-front: POST /follow',
      '  agentctl-front: POST',
      '    agentctl-back: POST /events',
    ])
  })

  it('after its health leaves no trace', async () => {
    for (const path of ['/health', '/ready', '/metrics']) await (await request(`${front}${path}`)).body.dump()
    await post('/call', TRACEPARENT)
    const spans = await collector.until(({ length }) => length === 3)
    expect(new Set(spans.map(({ traceId }) => traceId))).toEqual(new Set([TRACE]))
  })
})
