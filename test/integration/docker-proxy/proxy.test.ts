import { existsSync } from 'node:fs'
import { mkdtemp, rm, stat, writeFile } from 'node:fs/promises'
import { request as httpRequest } from 'node:http'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { type Closer, createCloser } from '../../../src/runtime/kernel/index.ts'
import { startTestProxy } from '../../support/docker-proxy.ts'
import { type Recorded, startEngineStub } from '../../support/engine-stub.ts'

const OURS = 'a'.repeat(64)
const FOREIGN = 'b'.repeat(64)
const LABELS = {
  'agentctl.eval': 'e1',
  'agentctl.owner': 'executor-1',
  'agentctl.deadline': String(Date.now() + 60_000),
}

function inspected(id: string) {
  const ours = id.startsWith('a')
  return { Id: id, Name: ours ? '/agentctl-eval-e1-1' : '/postgres', Config: { Labels: ours ? LABELS : {} } }
}

function engine({ method, url }: Recorded) {
  if (url.startsWith('/containers/json')) return { body: [] }
  if (url.startsWith('/containers/create')) return { status: 201, body: { Id: OURS, Warnings: [] } }
  const [, id] = /^\/containers\/([ab]{12,64})/.exec(url) ?? []
  if (method === 'GET' && id !== undefined) return { body: inspected(id.padEnd(64, id[0])) }
  if (url.startsWith('/containers/')) return { status: 404, body: { message: 'No such container' } }
  return { body: { ApiVersion: '1.41' } }
}

let closer: Closer
let stub: Awaited<ReturnType<typeof startEngineStub>>
let url: string

beforeEach(async () => {
  closer = createCloser()
  stub = closer.add(await startEngineStub(engine), (opened) => opened.close())
  const proxy = closer.add(await startTestProxy(stub.host), (opened) => opened.stop())
  url = proxy.url
})
afterEach(() => closer.close())

/** What has reached the engine but for what the reaper asks. */
const passed = () =>
  stub.requests.filter(({ url: path }) => !path.startsWith('/containers/json?all=1&filters'))

/** Sends bytes as they are; the answer once the proxy has closed the connection. */
async function raw(bytes: string): Promise<string> {
  const { hostname, port } = new URL(url)
  const socket = connect(Number(port), hostname)
  socket.write(bytes)
  return text(socket)
}

async function call(method: string, path: string, body?: object, headers: Record<string, string> = {}) {
  const response = await fetch(`${url}${path}`, {
    method,
    headers: { 'content-type': 'application/json', ...headers },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  })
  return { status: response.status, headers: response.headers, body: await response.text() }
}

const create = () =>
  call('POST', '/containers/create?name=agentctl-eval-e1-1', { Image: 'agentctl-test-echo', Labels: LABELS })

describe('what reaches the engine', () => {
  it('is a request of our own making, without version, headers and what else was sent', async () => {
    const { status, headers } = await call('GET', '/v1.41/version', undefined, {
      'x-registry-auth': 'secret',
    })
    expect(status).toBe(200)
    expect(headers.get('x-secret')).toBeNull()
    expect(passed()).toEqual([{ method: 'GET', url: '/version', headers: expect.anything(), body: '' }])
    expect(passed()[0]?.headers).toEqual({ host: 'docker', connection: expect.any(String) })
  })

  it('is a hardened body, and the new container is known from then on', async () => {
    const body = { Image: 'agentctl-test-echo', Labels: LABELS }
    const { status } = await call('POST', '/v1.20/containers/create?name=agentctl-eval-e1-1', body)
    expect(status).toBe(201)
    const [made] = passed()
    expect(made?.url).toBe('/containers/create?name=agentctl-eval-e1-1')
    expect(JSON.parse(made?.body ?? '')).toMatchObject({
      User: '65534:65534',
      HostConfig: { NetworkMode: 'none' },
    })
    await call('POST', `/containers/${OURS}/start`, { HostConfig: { Privileged: true } })
    expect(passed().slice(1)).toMatchObject([{ url: `/containers/${OURS}/start`, body: '' }])
  })

  it('names a container by its full id, once it was seen to be ours', async () => {
    await call('POST', `/containers/${OURS.slice(0, 12)}/kill?signal=KILL`)
    await call('DELETE', `/containers/${OURS}?force=1`)
    expect(passed().map(({ method, url: path }) => `${method} ${path}`)).toEqual([
      `GET /containers/${OURS.slice(0, 12)}/json`,
      `POST /containers/${OURS}/kill?signal=KILL`,
      `DELETE /containers/${OURS}?force=1`,
    ])
  })

  it('is nothing for a container of others', async () => {
    const { status, body } = await call('DELETE', `/containers/${FOREIGN}?force=1`)
    expect(status).toBe(403)
    expect(JSON.parse(body)).toEqual({ message: expect.stringMatching(/not one of agentctl/) })
    expect(passed().map(({ method }) => method)).toEqual(['GET'])
  })

  it('answers as dockerd does for a container that is not there', async () => {
    const { status, body } = await call('POST', '/containers/agentctl-eval-gone-1/start')
    expect([status, JSON.parse(body)]).toEqual([404, { message: 'No such container' }])
  })
})

describe('bytes that are refused', () => {
  it.each([
    ['an address with a scheme', 'GET http://docker/_ping HTTP/1.1\r\nHost: x\r\n'],
    ['a tunnel', 'CONNECT docker:2375 HTTP/1.1\r\nHost: x\r\n'],
    ['chunks', `POST /containers/${OURS}/start HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n`],
    [
      'strange chunks',
      `POST /containers/${OURS}/start HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: xchunked\r\n`,
    ],
    [
      'two lengths',
      'POST /containers/create HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nContent-Length: 2\r\n',
    ],
    [
      'a length and chunks',
      'POST /containers/create HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n',
    ],
    ['a large body', 'POST /containers/create HTTP/1.1\r\nHost: x\r\nContent-Length: 65537\r\n'],
    [
      'an upgrade of something else',
      'GET /_ping HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: tcp\r\n',
    ],
    ['a build session', 'POST /session HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n'],
    [
      'attach as a web socket',
      `POST /containers/${OURS}/attach HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n`,
    ],
    [
      'attach to others',
      `POST /containers/${FOREIGN}/attach HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: tcp\r\n`,
    ],
    ['attach without an upgrade', `POST /containers/${OURS}/attach HTTP/1.1\r\nHost: x\r\n`],
    ['a page in a browser', 'GET /version HTTP/1.1\r\nHost: x\r\nOrigin: http://evil.example\r\n'],
    ['bytes that are no HTTP', '\u0016\u0003\u0001\r\n'],
  ])('%s', async (_, head) => {
    const answer = await raw(`${head}Connection: close\r\n\r\n`)
    expect(answer === '' || /^HTTP\/1.1 4\d\d /.test(answer), answer).toBe(true)
    expect(passed().filter(({ method }) => method !== 'GET')).toEqual([])
    expect(passed().filter(({ url: path }) => !path.startsWith('/containers/'))).toEqual([])
  })

  it('also when the second of two in one piece is the bad one', async () => {
    const answer = await raw(
      'GET /_ping HTTP/1.1\r\nHost: x\r\n\r\nGET /info HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n',
    )
    expect(answer.match(/HTTP\/1.1 \d+/g)).toEqual(['HTTP/1.1 200', 'HTTP/1.1 403'])
    expect(passed().map(({ url: path }) => path)).toEqual(['/_ping'])
  })

  it('a body that is no UTF-8', async () => {
    const head =
      'POST /containers/create?name=agentctl-eval-e1-1 HTTP/1.1\r\nHost: x\r\nConnection: close\r\n'
    const { hostname, port } = new URL(url)
    const socket = connect(Number(port), hostname)
    socket.write(`${head}Content-Length: 4\r\n\r\n`)
    socket.write(Buffer.from([0x7b, 0xff, 0xfe, 0x7d]))
    expect(await text(socket)).toMatch(/403.*not UTF-8/s)
  })
})

describe('the service', () => {
  it('has what every role has, and counts what it refuses', async () => {
    await call('GET', '/info')
    await call('GET', '/_ping')
    expect((await call('GET', '/health')).body).toContain('"ok"')
    expect(JSON.parse((await call('GET', '/ready')).body)).toEqual({
      status: 'ready',
      checks: { engine: 'ok' },
    })
    const metrics = (await call('GET', '/metrics')).body
    expect(metrics).toMatch(/docker_proxy_requests_total\{route="other",verdict="refused".*\} 1/)
    expect(metrics).toMatch(/docker_proxy_requests_total\{route="ping",verdict="allowed".*\} 1/)
    expect(JSON.parse((await call('GET', '/openapi.json')).body).paths).toHaveProperty('/containers/create')
    expect((await call('GET', '/docs')).body).toContain('/containers/{id}/attach')
    expect((await call('POST', '/health')).status).toBe(403)
  })

  it('is there and not ready while the engine is away', async () => {
    await stub.close()
    expect((await call('GET', '/ready')).status).toBe(503)
    const { status, body } = await call('GET', '/version')
    expect([status, JSON.parse(body)]).toEqual([502, { message: expect.stringContaining(stub.host) }])
  })

  it('wants its secret for the engine alone', async () => {
    const proxy = closer.add(await startTestProxy(stub.host, { token: 's3cret' }), (opened) => opened.stop())
    url = proxy.url
    expect((await call('GET', '/health')).status).toBe(200)
    expect((await call('GET', '/version')).status).toBe(401)
    expect((await call('GET', '/version', undefined, { authorization: 'Bearer s3cres' })).status).toBe(401)
    expect((await call('GET', '/version', undefined, { authorization: 'Bearer s3cret' })).status).toBe(200)
    expect(
      await raw(
        `POST /containers/${OURS}/attach HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: tcp\r\n\r\n`,
      ),
    ).toMatch(/^HTTP\/1.1 401 /)
  })

  it('makes no more containers than it may, until one is removed', async () => {
    const proxy = closer.add(await startTestProxy(stub.host, { maxContainers: 1 }), (opened) => opened.stop())
    url = proxy.url
    const both = await Promise.all([create(), create()])
    expect(both.map(({ status }) => status).sort()).toEqual([201, 429])
    await call('DELETE', `/containers/${OURS}?force=1`)
    expect((await create()).status).toBe(201)
  })

  it('gives no place away for a container that was not removed', async () => {
    const running = closer.add(
      await startEngineStub((request) =>
        request.method === 'DELETE' ? { status: 409, body: { message: 'it runs' } } : engine(request),
      ),
      (opened) => opened.close(),
    )
    const proxy = closer.add(await startTestProxy(running.host, { maxContainers: 1 }), (opened) =>
      opened.stop(),
    )
    url = proxy.url
    expect((await create()).status).toBe(201)
    expect((await call('DELETE', `/containers/${OURS}`)).status).toBe(409)
    expect((await create()).status).toBe(429)
  })

  it('asks the engine once for all who want to know whether it is there', async () => {
    const asked = Promise.withResolvers<void>()
    const answered = Promise.withResolvers<void>()
    const slow = closer.add(
      await startEngineStub(async ({ url: path }) => {
        if (path !== '/version') return { body: [] }
        asked.resolve()
        await answered.promise
        return {}
      }),
      (opened) => opened.close(),
    )
    const proxy = closer.add(await startTestProxy(slow.host), (opened) => opened.stop())
    const both = [fetch(`${proxy.url}/ready`), fetch(`${proxy.url}/ready`)]
    await asked.promise
    both.push(fetch(`${proxy.url}/ready`))
    await fetch(`${proxy.url}/health`)
    answered.resolve()
    expect((await Promise.all(both)).map(({ status }) => status)).toEqual([200, 200, 200])
    expect(slow.requests.filter(({ url: path }) => path === '/version')).toHaveLength(1)
  })

  it('refuses to be open to others without a secret', async () => {
    const open = startTestProxy(stub.host, { host: '0.0.0.0' })
    await expect(open).rejects.toMatchObject({ code: 'DOCKER_PROXY_TOKEN_MISSING', exitCode: 2 })
  })

  it('says where it cannot listen, and what address of the engine it cannot use', async () => {
    const { port } = new URL(url)
    await expect(startTestProxy(stub.host, { port })).rejects.toMatchObject({
      code: 'DOCKER_PROXY_ADDRESS_INVALID',
    })
    await expect(startTestProxy('ssh://host')).rejects.toMatchObject({ code: 'DOCKER_HOST_INVALID' })
  })

  it('listens on a unix socket that only its user can open, also over one that was left behind', async () => {
    const folder = closer.add(await mkdtemp(join(tmpdir(), 'agentctl-test-')), (path) =>
      rm(path, { recursive: true }),
    )
    const socketPath = join(folder, 'docker.sock')
    const proxy = await startTestProxy(stub.host, { socket: socketPath })
    expect(proxy.url).toBe(`unix://${socketPath}`)
    expect((await stat(socketPath)).mode & 0o777).toBe(0o600)
    const status = await new Promise((resolve, reject) => {
      httpRequest({ socketPath, path: '/_ping', agent: false }, (response) => {
        response.resume()
        resolve(response.statusCode)
      })
        .once('error', reject)
        .end()
    })
    expect(status).toBe(200)
    await expect(startTestProxy(stub.host, { socket: socketPath })).rejects.toMatchObject({
      code: 'DOCKER_PROXY_ADDRESS_INVALID',
      message: expect.stringMatching(/another program listens there/),
    })
    expect(existsSync(socketPath)).toBe(true)
    await proxy.stop()
    expect(existsSync(socketPath)).toBe(false)
    await writeFile(socketPath, 'a file of somebody')
    const onFile = startTestProxy(stub.host, { socket: socketPath })
    await expect(onFile).rejects.toMatchObject({ code: 'DOCKER_PROXY_ADDRESS_INVALID' })
    expect((await stat(socketPath)).isFile()).toBe(true)
  })
})

describe('when it ends, or loses its caller', () => {
  /** An engine that makes containers only when it is told to, and says when one was to be removed. */
  async function slowEngine() {
    const asked = Promise.withResolvers<void>()
    const made = Promise.withResolvers<void>()
    const removed = Promise.withResolvers<string>()
    const slow = closer.add(
      await startEngineStub(async (request) => {
        if (request.method === 'DELETE') removed.resolve(request.url)
        if (request.url.startsWith('/containers/create')) {
          asked.resolve()
          await made.promise
        }
        return request.method === 'DELETE' ? { status: 204 } : engine(request)
      }),
      (opened) => opened.close(),
    )
    const proxy = closer.add(await startTestProxy(slow.host), (opened) => opened.stop())
    url = proxy.url
    return { asked: asked.promise, made: made.resolve, removed: removed.promise, proxy }
  }

  it('removes what was still being made', async () => {
    const { asked, made, removed, proxy } = await slowEngine()
    const creating = create().catch(() => 'lost')
    await asked
    const stopped = proxy.stop()
    expect(await creating).toBe('lost')
    made()
    await stopped
    expect(await Promise.race([removed, 'nothing'])).toBe(`/containers/${OURS}?force=1&v=1`)
  })

  it('removes what was made for a caller that has gone', async () => {
    const { asked, made, removed } = await slowEngine()
    const { hostname, port } = new URL(url)
    const socket = connect(Number(port), hostname)
    const body = JSON.stringify({ Image: 'agentctl-test-echo', Labels: LABELS })
    socket.write('POST /containers/create?name=agentctl-eval-e1-1 HTTP/1.1\r\nHost: x\r\n')
    socket.write(`Content-Length: ${body.length}\r\n\r\n${body}`)
    await asked
    socket.resetAndDestroy()
    // Whoever comes later is answered later: the proxy has seen it go then.
    await call('GET', '/health')
    made()
    expect(await removed).toBe(`/containers/${OURS}?force=1&v=1`)
  })

  it('waits for nobody who keeps a connection open that has ended', async () => {
    const proxy = await startTestProxy(stub.host)
    const { hostname, port } = new URL(proxy.url)
    const socket = connect({ host: hostname, port: Number(port), allowHalfOpen: true })
    const answered = text(socket)
    socket.write('GET /_ping HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: tcp\r\n\r\n')
    expect(await answered).toMatch(/^HTTP\/1.1 403 /)
    expect(socket.writable).toBe(true)
    await proxy.stop()
    socket.destroy()
  })
})

describe('a container that is taken away', () => {
  it('is not there any more for whoever would take that for the end of its program', async () => {
    const asked = Promise.withResolvers<void>()
    const removed = Promise.withResolvers<void>()
    const late = { ...LABELS, 'agentctl.deadline': '1' }
    const slow = closer.add(
      await startEngineStub(async (request) => {
        if (request.url.startsWith('/containers/json')) {
          return { body: [{ Id: OURS, State: 'running', Labels: late }] }
        }
        if (request.method === 'DELETE') {
          asked.resolve()
          await removed.promise
        }
        return engine(request)
      }),
      (opened) => opened.close(),
    )
    const proxy = closer.add(await startTestProxy(slow.host), (opened) => opened.stop())
    url = proxy.url
    await asked.promise
    expect((await call('GET', `/containers/${OURS}/json`)).status).toBe(404)
    expect((await call('GET', '/containers/agentctl-eval-e1-1/json')).status).toBe(404)
    removed.resolve()
  })
})
