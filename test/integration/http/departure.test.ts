import { once } from 'node:events'
import { Agent, get, type IncomingMessage } from 'node:http'
import { connect } from 'node:net'
import { afterEach, describe, expect, it } from 'vitest'
import { createCloser, type Leaving } from '../../../src/runtime/kernel/index.ts'
import { createSseHub, type HttpServer, startHttpServer } from '../../../src/runtime/platform/http/index.ts'
import { createMetrics } from '../../../src/runtime/platform/metrics/index.ts'
import { silent } from '../../support/redis.ts'

const HOST = '127.0.0.1'
let closer = createCloser()
afterEach(async () => {
  await closer.close()
  closer = createCloser()
})

interface Service {
  server: HttpServer
  /** Requests that wait to be answered. */
  readonly waiting: number
  readonly streams: number
  answer(): void
  /** Ends all event streams. */
  endStreams(): void
}

/** Answers at once, when it is told to, and with a stream of events. */
async function start(): Promise<Service> {
  const waiting: (() => void)[] = []
  const hub = closer.add(createSseHub({ heartbeat: 60_000, stallTimeout: 60_000 }), (opened) =>
    opened.close(),
  )
  const server = await startHttpServer(
    {
      ...{ title: 'test', description: '', version: '0', host: HOST, port: 0, bodyLimit: 1_000 },
      ...{ checks: {}, translate: () => undefined, metrics: createMetrics(), log: silent },
    },
    (app) => {
      app.get('/name', () => 'old')
      app.get('/slow', async () => {
        await new Promise<void>((done) => waiting.push(done))
        return 'old'
      })
      app.get('/events', (_request, reply) => {
        reply.hijack()
        hub.open(reply.raw, { onDrain() {}, onClose() {} }).send('data: one\n\n')
      })
    },
  )
  closer.add(server, (opened) => opened.close())
  return {
    server,
    get waiting() {
      return waiting.length
    },
    get streams() {
      return hub.connections
    },
    answer() {
      for (const done of waiting.splice(0)) done()
    },
    endStreams: () => hub.leave(),
  }
}

const how = (more: Partial<Leaving> = {}): Leaving => ({
  ...{ succeeded: false, delay: 0, timeout: 20_000, signal: new AbortController().signal },
  ...more,
})

/** A client that keeps one connection as long as it can. */
function keptConnection(url: string) {
  const agent = closer.add(new Agent({ keepAlive: true, maxSockets: 1 }), (opened) => opened.destroy())
  return async (path: string) => {
    const asking = get(new URL(path, url), { agent })
    const [response] = (await once(asking, 'response')) as [IncomingMessage]
    let body = ''
    for await (const chunk of response) body += chunk
    return { status: response.statusCode, body, connection: response.headers.connection }
  }
}

/** How an attempt to connect ends. */
async function knock(url: string): Promise<string> {
  const socket = connect(Number(new URL(url).port), HOST)
  try {
    await once(socket, 'connect')
    return 'connected'
  } catch (error) {
    return (error as NodeJS.ErrnoException).code ?? ''
  } finally {
    socket.destroy()
  }
}

describe('a server that is succeeded', () => {
  it('takes no more connections, and answers on those that there are, each for the last time', async () => {
    const old = await start()
    const ask = keptConnection(old.server.url)
    const slow = keptConnection(old.server.url)('/slow')
    await expect.poll(() => old.waiting).toBe(1)
    expect(await ask('/name')).toEqual({ status: 200, body: 'old', connection: 'keep-alive' })

    const left = old.server.leave(how({ succeeded: true }))
    expect(await knock(old.server.url)).toBe('ECONNREFUSED')
    expect(await ask('/name')).toEqual({ status: 200, body: 'old', connection: 'close' })
    old.answer()
    expect(await slow).toEqual({ status: 200, body: 'old', connection: 'close' })
    await left
  })

  it('ends the connections of streams with them, so that their clients go elsewhere', async () => {
    const old = await start()
    const reading = keptConnection(old.server.url)('/events')
    await expect.poll(() => old.streams).toBe(1)
    const left = old.server.leave(how({ succeeded: true }))
    old.endStreams()
    expect((await reading).body).toContain('data: one')
    await left
  })

  it('waits no longer than it may for what does not end', async () => {
    const old = await start()
    const reading = keptConnection(old.server.url)('/slow')
    await expect.poll(() => old.waiting).toBe(1)
    await old.server.leave(how({ succeeded: true, timeout: 50 }))
    const hurry = new AbortController()
    hurry.abort()
    await old.server.leave(how({ succeeded: true, signal: hurry.signal }))
    old.answer()
    expect(await reading).toMatchObject({ body: 'old' })
  })
})

describe('a server that others take over from', () => {
  it('still answers for a while, though it is not ready any more; then it refuses, and finishes what is under way', async () => {
    const { server } = await start()
    const ask = keptConnection(server.url)
    expect((await ask('/ready')).status).toBe(200)
    const hurry = new AbortController()
    const left = server.leave(how({ delay: 3_600_000, signal: hurry.signal }))
    const unready = await ask('/ready')
    expect([unready.status, JSON.parse(unready.body)]).toEqual([
      503,
      { status: 'unready', checks: { process: expect.stringContaining('about to end') } },
    ])
    expect(await ask('/name')).toMatchObject({ status: 200, connection: 'close' })
    hurry.abort()
    await left
    expect(await knock(server.url)).toBe('ECONNREFUSED')
  })

  it('that has no time to wait gives answers under way a moment when it closes', async () => {
    const service = await start()
    const { server } = service
    const asking = keptConnection(server.url)('/slow')
    await expect.poll(() => service.waiting).toBe(1)
    await server.leave(how())
    const closed = server.close()
    service.answer()
    expect(await asking).toMatchObject({ body: 'old', connection: 'close' })
    await closed
  })
})
