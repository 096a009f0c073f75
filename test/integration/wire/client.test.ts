import type { ServerResponse } from 'node:http'
import { createServer, type Server, type Socket } from 'node:net'
import { afterEach, describe, expect, it, vi } from 'vitest'
import {
  createWireClient,
  prepareRequest,
  type RequestParts,
  type WireClient,
} from '../../../src/runtime/platform/wire/index.ts'
import { type Behaviour, startRawServer } from '../../support/raw-server.ts'

const closers: (() => Promise<unknown>)[] = []
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close()
})

interface Answer {
  status: number
  body: string
  cause: string | undefined
}

async function serve(behave: Behaviour) {
  const server = await startRawServer(behave)
  closers.push(server.close)
  return server
}

/** Speaks TCP as a test wants. */
async function serveRaw(
  onSocket: (socket: Socket, nth: number) => void,
): Promise<{ url: string; server: Server }> {
  let count = 0
  const sockets = new Set<Socket>()
  const server = createServer((socket) => {
    sockets.add(socket)
    socket.on('error', () => {})
    onSocket(socket, count++)
  })
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening))
  closers.push(async () => {
    for (const socket of sockets) socket.destroy()
    await new Promise((closed) => server.close(closed))
  })
  return { url: `http://127.0.0.1:${(server.address() as { port: number }).port}`, server }
}

function connectTo(origin: string, connections = 10) {
  const client = createWireClient({ origin, connections })
  closers.push(client.close)
  return {
    client,
    ask: (parts: Partial<RequestParts> = {}, deadline?: number) => ask(client, origin, parts, deadline),
  }
}

function ask(
  client: WireClient,
  origin: string,
  parts: Partial<RequestParts>,
  deadline?: number,
): Promise<Answer> {
  const { promise, resolve, reject } = Promise.withResolvers<Answer>()
  const answer: Answer = { status: 0, body: '', cause: undefined }
  let ends = 0
  const end = (cause?: string) => {
    if (++ends > 1) reject(new Error('ended twice'))
    setImmediate(resolve, { ...answer, cause })
  }
  client.send(
    prepareRequest(origin, { path: '/', ...parts }),
    {
      onHeaders(status) {
        answer.status = status
      },
      onData(chunk) {
        answer.body += chunk.toString('utf8')
      },
      onEnd: () => end(),
      onError: end,
    },
    deadline,
  )
  return promise
}

const soon = (ms: number) => performance.now() + ms

describe('requests and answers', () => {
  it('carry method, path, headers and body, over a connection that is kept', async () => {
    const { url, asked } = await serve((response, { body }) => {
      response.setHeader('x-port', String(response.socket?.remotePort))
      response.end(`got ${body}`)
    })
    const { ask } = connectTo(url)
    const request = { method: 'put', path: '/a?b=ü', headers: { 'X-Mine': 'yes' }, body: 'größer' }
    expect(await ask(request)).toEqual({ status: 200, body: 'got größer', cause: undefined })
    await ask()
    expect(asked[0]).toMatchObject({ method: 'PUT', url: '/a?b=%C3%BC', body: 'größer' })
    expect(asked[0]?.headers).toMatchObject({
      'x-mine': 'yes',
      'content-length': '8',
      host: new URL(url).host,
    })
    expect(asked[1]).toMatchObject({ method: 'GET', body: '' })
  })

  it('may be large, and come in chunks', async () => {
    const { url } = await serve((response) => {
      for (let i = 0; i < 40; i++) response.write(`${i % 10}`.repeat(50_000))
      response.end()
    })
    const { body } = await connectTo(url).ask()
    expect(body).toHaveLength(2_000_000)
    expect(body.slice(-50_000)).toBe('9'.repeat(50_000))
  })

  it('take the connections there are in turn, and no more', async () => {
    const ports = new Set<number>()
    const held: ServerResponse[] = []
    let most = 0
    const { url } = await serve((response) => {
      ports.add(response.socket?.remotePort ?? 0)
      // Nobody is answered before all connections are in use: more than those would be seen, and fewer would wait for ever.
      most = Math.max(most, held.push(response))
      if (held.length < 3) return
      setTimeout(() => {
        for (const each of held.splice(0)) each.end('ok')
      }, 5)
    })
    const { ask } = connectTo(url, 3)
    const answers = await Promise.all(Array.from({ length: 30 }, () => ask()))
    expect(answers.every(({ body }) => body === 'ok')).toBe(true)
    expect(ports.size).toBe(3)
    expect(most).toBe(3)
  })
})

describe('what goes wrong', () => {
  it('has a short name: refused, reset, closed, not HTTP', async () => {
    const behaviours: ((socket: Socket) => void)[] = [
      (socket) => socket.resetAndDestroy(),
      (socket) => socket.end(),
      (socket) => socket.end('HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf'),
      (socket) => socket.write('220 mail.example.org ESMTP\r\n'),
      (socket) => socket.end('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok'),
    ]
    const { url } = await serveRaw((socket, nth) => socket.once('data', () => behaviours[nth]?.(socket)))
    const { ask } = connectTo(url, 1)
    const causes: unknown[] = []
    for (let i = 0; i < behaviours.length; i++) causes.push((await ask()).cause)
    expect(causes).toEqual([
      ...['connection reset', 'connection closed', 'connection closed early', 'not valid HTTP', undefined],
    ])
  })

  it('is not kept from others: each gets a connection of its own again', async () => {
    const { url } = await serveRaw((socket) => socket.once('data', () => socket.destroy()))
    const { ask } = connectTo(url, 2)
    const causes = await Promise.all(Array.from({ length: 20 }, async () => (await ask()).cause))
    expect(causes).toEqual(Array.from({ length: 20 }, () => 'connection closed'))
  })

  it('is that nobody listens', async () => {
    const { url, server } = await serveRaw(() => {})
    await new Promise((closed) => server.close(closed))
    expect((await connectTo(url).ask()).cause).toBe('connection refused')
  })

  it('is the end of its time, also for what waits for a connection', async () => {
    const { url } = await serveRaw(() => {})
    const { ask } = connectTo(url, 1)
    const [first, second] = await Promise.all([ask({}, soon(200)), ask({}, soon(200))])
    expect(first?.cause).toBe('timeout')
    expect(second?.cause).toBe('timeout')
  })

  it('is told of what is under way when the client is closed', async () => {
    const { url } = await serveRaw(() => {})
    const { client, ask } = connectTo(url, 1)
    const asking = Promise.all([ask(), ask()])
    await client.close()
    expect((await asking).map(({ cause }) => cause)).toEqual(['ended by the client', 'ended by the client'])
    expect((await ask()).cause).toBe('ended by the client')
  })
})

describe('connections', () => {
  it('are not used again when the server has closed them meanwhile', async () => {
    const closed = Promise.withResolvers<void>()
    const { url } = await serveRaw((socket) => {
      socket.once('close', () => closed.resolve())
      socket.once('data', () => {
        socket.write('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok')
        setImmediate(() => socket.end())
      })
    })
    const { ask } = connectTo(url, 1)
    expect((await ask()).body).toBe('ok')
    // Closed on both sides: the client knows.
    await closed.promise
    expect(await ask()).toEqual({ status: 200, body: 'ok', cause: undefined })
  })

  it('are not used for longer than the server says it keeps them', async () => {
    let connections = 0
    const { url } = await serveRaw((socket) => {
      connections++
      socket.on('data', () =>
        socket.write('HTTP/1.1 200 OK\r\nKeep-Alive: timeout=60\r\nContent-Length: 0\r\n\r\n'),
      )
    })
    const { ask } = connectTo(url, 1)
    await ask()
    await ask()
    expect(connections).toBe(1)
    const now = performance.now.bind(performance)
    const later = vi.spyOn(performance, 'now').mockImplementation(() => now() + 59_100)
    closers.push(async () => later.mockRestore())
    await ask()
    expect(connections).toBe(2)
  })

  it('are given up with their request, and replaced', async () => {
    const arrived = Promise.withResolvers<void>()
    const { url } = await serveRaw((socket, nth) => {
      if (nth === 0) socket.once('data', () => arrived.resolve())
      else socket.end('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok')
    })
    const { client, ask } = connectTo(url, 1)
    const told: string[] = []
    const given = client.send(prepareRequest(url, { path: '/' }), {
      onEnd: () => told.push('end'),
      onError: (cause) => told.push(cause),
    })
    const asking = ask()
    await arrived.promise
    given.abort()
    expect((await asking).body).toBe('ok')
    expect(told).toEqual([])
  })
})
