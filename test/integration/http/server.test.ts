import { createServer, type Server } from 'node:http'
import { request } from 'undici'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { z } from 'zod'
import { AgentctlError, createCloser } from '../../../src/runtime/kernel/index.ts'
import { type HttpServerOptions, startHttpServer } from '../../../src/runtime/platform/http/index.ts'
import { createMetrics } from '../../../src/runtime/platform/metrics/index.ts'
import { silent } from '../../support/redis.ts'

const closer = createCloser()
let url: string
let reached = true

function options(changes: Partial<HttpServerOptions> = {}): HttpServerOptions {
  return {
    title: 'a service',
    description: 'for tests',
    version: '1.2.3',
    host: '127.0.0.1',
    port: 0,
    bodyLimit: 1_000,
    metrics: createMetrics('test'),
    checks: {
      redis: async () => {
        if (!reached) throw new Error('Redis is away')
      },
    },
    translate: (error) =>
      error.message === 'driver trouble'
        ? new AgentctlError('DRIVER', { kind: 'unavailable', title: 't', fix: 'f' }, error.message)
        : undefined,
    log: silent,
    ...changes,
  }
}

beforeAll(async () => {
  const server = await startHttpServer(options(), (app) => {
    const schema = {
      body: z.strictObject({ name: z.string(), tags: z.array(z.string()).optional() }),
      querystring: z.strictObject({ size: z.coerce.number().optional() }),
    }
    app.post('/things', { schema }, ({ body }) => ({ stored: body.name }))
    app.delete('/things', () => ({ gone: true }))
    app.get('/broken', () => {
      throw new Error('a bug')
    })
    app.get('/away', () => {
      throw new Error('driver trouble')
    })
  })
  url = server.url
  closer.add(server, () => server.close())
})
afterAll(() => closer.close())

async function call(path: string, init: Parameters<typeof request>[1] = {}, base = url) {
  const { statusCode, headers, body } = await request(`${base}${path}`, { reset: true, ...init })
  const text = await body.text()
  return { status: statusCode, headers, text, json: () => JSON.parse(text) }
}

const post = (body: string, path = '/things', type = 'application/json') =>
  call(path, { method: 'POST', body, headers: { 'content-type': type } })

describe('every HTTP service', () => {
  it('says that it lives', async () => {
    const { status, json } = await call('/health')
    expect(status).toBe(200)
    expect(json()).toEqual({ status: 'ok', version: '1.2.3', uptime_s: expect.any(Number) })
  })

  it('says whether its dependencies are reached', async () => {
    const ready = await call('/ready')
    expect([ready.status, ready.json()]).toEqual([200, { status: 'ready', checks: { redis: 'ok' } }])
    reached = false
    const unready = await call('/ready')
    reached = true
    expect([unready.status, unready.json()]).toEqual([
      503,
      { status: 'unready', checks: { redis: 'Redis is away' } },
    ])
  })

  it('counts its requests in Prometheus text, with its role', async () => {
    await call('/health')
    const { headers, text } = await call('/metrics')
    expect(headers['content-type']).toMatch(/^text\/plain.*version=0\.0\.4/)
    expect(text).toMatch(/^agentctl_http_request_seconds_count\{.*route="\/health".*\} \d+$/m)
    expect(text).toMatch(/^process_cpu_seconds_total\{role="test"\}/m)
  })

  it('describes its routes in OpenAPI', async () => {
    const { json } = await call('/openapi.json')
    expect(json()).toMatchObject({
      openapi: expect.stringMatching(/^3\./),
      info: { title: 'a service', version: '1.2.3' },
      paths: { '/health': {}, '/ready': {}, '/metrics': {}, '/things': { post: {}, delete: {} } },
    })
  })

  it('shows them to people', async () => {
    const { status, headers } = await call('/docs/')
    expect(status).toBe(200)
    expect(headers['content-type']).toContain('text/html')
  })

  it('takes a path with a slash at its end', async () => {
    expect((await call('/health/')).status).toBe(200)
  })
})

describe('a failed request', () => {
  it.each([
    ['a path that is none', () => call('/nowhere'), 404, 'HTTP_NOT_FOUND'],
    ['a method the route has not', () => call('/things', { method: 'PUT' }), 405, 'HTTP_METHOD'],
    [
      'a body of another type',
      () => post('a=b', '/things', 'application/x-www-form-urlencoded'),
      415,
      'HTTP_MEDIA_TYPE',
    ],
    ['a body of text', () => post('{"name":"x"}', '/things', 'text/plain'), 415, 'HTTP_MEDIA_TYPE'],
    ['a body that is too large', () => post(`{"name":"${'x'.repeat(2_000)}"}`), 413, 'HTTP_BODY_TOO_LARGE'],
    ['a body that is not JSON', () => post('{'), 400, 'HTTP_INVALID'],
    ['no body', () => post(''), 400, 'HTTP_INVALID'],
    ['a body that pollutes prototypes', () => post('{"__proto__":{"a":1},"name":"x"}'), 400, 'HTTP_INVALID'],
    ['an error of a driver', () => call('/away'), 503, 'DRIVER'],
    ['a bug', () => call('/broken'), 500, 'INTERNAL'],
  ])('is answered with a problem document: %s', async (_what, ask, status, code) => {
    const answer = await ask()
    expect(answer.headers['content-type']).toBe('application/problem+json; charset=utf-8')
    expect(answer.status).toBe(status)
    expect(answer.json()).toMatchObject({
      type: `urn:agentctl:error:${code}`,
      code,
      status,
      fix: expect.any(String),
    })
  })

  it.each([
    ['an unknown field', '{"name":"x","colour":"red"}', 'body.colour'],
    ['a wrong type', '{"name":7}', 'body.name'],
    ['a missing field', '{}', 'body.name'],
    ['a wrong element', '{"name":"x","tags":["a",7]}', 'body.tags.1'],
  ])('names the field at fault: %s', async (_what, body, field) => {
    expect((await post(body)).json()).toMatchObject({
      status: 400,
      field,
      detail: expect.stringContaining(field),
    })
  })

  it('names the query parameter at fault', async () => {
    expect((await post('{"name":"x"}', '/things?size=big')).json()).toMatchObject({ field: 'query.size' })
    expect((await post('{"name":"x"}', '/things?sise=1')).json()).toMatchObject({
      field: 'query.sise',
      detail: 'query.sise: unknown field',
    })
  })

  it('names the methods the route has', async () => {
    const { headers } = await call('/things', { method: 'PATCH' })
    expect(headers.allow).toBe('POST, DELETE')
  })

  it('says when to come back where that helps', async () => {
    expect((await call('/away')).headers['retry-after']).toBe('1')
  })
})

describe('starting a service', () => {
  it('fails with HTTP_PORT_IN_USE when the port is taken', async () => {
    const other: Server = createServer()
    await new Promise<void>((listening) => other.listen(0, '127.0.0.1', listening))
    const { port } = other.address() as { port: number }
    const starting = startHttpServer(options({ port }), () => {})
    await expect(starting).rejects.toMatchObject({ code: 'HTTP_PORT_IN_USE', exitCode: 2, field: 'port' })
    await new Promise((closed) => other.close(closed))
  })

  it('fails with HTTP_ADDRESS_INVALID when the address is not of this machine', async () => {
    const starting = startHttpServer(options({ host: '192.0.2.1' }), () => {})
    await expect(starting).rejects.toMatchObject({ code: 'HTTP_ADDRESS_INVALID', field: 'host' })
  })
})
