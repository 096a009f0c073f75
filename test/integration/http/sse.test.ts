import { createServer, type Server, type ServerResponse } from 'node:http'
import { connect, type Socket } from 'node:net'
import { setTimeout as pause } from 'node:timers/promises'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createCloser } from '../../../src/runtime/kernel/index.ts'
import {
  createSseHub,
  type SseConnection,
  type SseHub,
  sseFrame,
} from '../../../src/runtime/platform/http/index.ts'

let closer: ReturnType<typeof createCloser>
const PATIENCE = { timeout: 20_000 }

beforeEach(() => {
  closer = createCloser()
})
afterEach(() => closer.close())

interface Client {
  socket: Socket
  connection: SseConnection
  response: ServerResponse
  /** What it has read so far. */
  text(): string
  drained: number
  closed: number
}

/** A server whose every request opens an event stream, and a raw client of it. */
async function open(hub: SseHub, { reads = true } = {}): Promise<Client> {
  const opened = Promise.withResolvers<[SseConnection, ServerResponse]>()
  const client = { drained: 0, closed: 0 }
  const server: Server = createServer((_request, response) => {
    const connection = hub.open(response, { onDrain: () => client.drained++, onClose: () => client.closed++ })
    opened.resolve([connection, response])
  })
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening))
  closer.add(server, () => new Promise((done) => server.close(done).closeAllConnections()))
  const { port } = server.address() as { port: number }
  const socket = connect(port, '127.0.0.1')
  closer.add(socket, () => socket.destroy())
  socket.on('error', () => {})
  let text = ''
  const chunks: Buffer[] = []
  socket.on('data', (chunk: Buffer) => chunks.push(chunk))
  if (!reads) socket.pause()
  socket.write('GET / HTTP/1.1\r\nhost: x\r\n\r\n')
  const [connection, response] = await opened.promise
  return Object.assign(client, {
    socket,
    connection,
    response,
    text() {
      text += Buffer.concat(chunks.splice(0)).toString()
      return text
    },
  })
}

function createHub(heartbeat = 60_000, stallTimeout = 60_000): SseHub {
  const hub = createSseHub({ heartbeat, stallTimeout })
  closer.add(hub, () => hub.close())
  return hub
}

/** Sends until neither this process nor the kernel takes any more; returns how many frames that took. */
async function fill(client: Client, frame: string): Promise<number> {
  for (let sent = 1; sent < 10_000; sent++) {
    if (client.connection.send(frame)) continue
    const drained = client.drained
    for (let turn = 0; turn < 20 && client.drained === drained; turn++) await pause(10)
    if (client.drained === drained) return sent
  }
  throw new Error('it never held back')
}

describe('an event stream', () => {
  it('has the headers that keep proxies from holding it back', async () => {
    const client = await open(createHub())
    client.connection.send(sseFrame('x'))
    await expect.poll(client.text, PATIENCE).toContain('data: x')
    expect(client.text()).toMatch(/content-type: text\/event-stream; charset=utf-8/i)
    expect(client.text()).toMatch(/cache-control: no-cache, no-transform/i)
    expect(client.text()).toMatch(/x-accel-buffering: no/i)
  })

  it('sends a heartbeat while nothing else happens', async () => {
    const client = await open(createHub(20))
    await expect.poll(() => client.text().split(': heartbeat\n\n').length, PATIENCE).toBeGreaterThan(3)
  })

  it('is counted until the client leaves, and says so once', async () => {
    const hub = createHub()
    const client = await open(hub)
    expect(hub.connections).toBe(1)
    expect(client.connection.closed).toBe(false)
    client.socket.destroy()
    await expect.poll(() => client.closed, PATIENCE).toBe(1)
    expect(hub.connections).toBe(0)
    expect(client.connection.closed).toBe(true)
    expect(client.connection.send(sseFrame('x'))).toBe(false)
  })

  it('ends on request, after all that was sent', async () => {
    const hub = createHub()
    const client = await open(hub)
    client.connection.send(sseFrame('last'))
    client.connection.end()
    await expect.poll(client.text, PATIENCE).toMatch(/data: last\n\n\r\n0\r\n\r\n$/)
    await expect.poll(() => client.closed, PATIENCE).toBe(1)
  })

  it('ends with its hub', async () => {
    const hub = createHub()
    const client = await open(hub)
    hub.close()
    await expect.poll(() => client.closed, PATIENCE).toBe(1)
    expect(hub.connections).toBe(0)
  })
})

describe('a client that does not read', () => {
  const frame = sseFrame('x'.repeat(16_000))

  it('is held back while little is in memory, and goes on once it reads', async () => {
    const client = await open(createHub(), { reads: false })
    let sent = await fill(client, frame)
    // What the kernel takes is not ours; what is left in this process is small.
    expect(client.response.writableLength).toBeLessThan(512 * 1024)
    const { drained } = client
    client.socket.resume()
    await expect.poll(() => client.drained, PATIENCE).toBeGreaterThan(drained)
    client.connection.send(sseFrame('the next'))
    sent++
    await expect.poll(() => client.text().includes('data: the next'), PATIENCE).toBe(true)
    expect(client.text().split('data: ').length - 1).toBe(sent)
  })

  it('gets no heartbeats on top', async () => {
    const client = await open(createHub(10), { reads: false })
    await fill(client, frame)
    const before = client.response.writableLength
    const watch = await open(createHub(10))
    await expect.poll(() => watch.text().split('heartbeat').length, PATIENCE).toBeGreaterThan(5)
    expect(client.response.writableLength).toBeLessThanOrEqual(before)
  })

  it('still gets what was sent before the end, when it reads at last', async () => {
    const client = await open(createHub(10), { reads: false })
    await fill(client, frame)
    client.connection.send(sseFrame('the end'))
    client.connection.end()
    const watch = await open(createHub(10))
    await expect.poll(() => watch.text().split('heartbeat').length, PATIENCE).toBeGreaterThan(5)
    client.socket.resume()
    await expect.poll(() => client.text().includes('data: the end'), PATIENCE).toBe(true)
  })

  it('is cut off when it stalls for too long', async () => {
    const hub = createHub(20, 100)
    const client = await open(hub, { reads: false })
    await fill(client, frame)
    await expect.poll(() => client.closed, PATIENCE).toBe(1)
    expect(hub.connections).toBe(0)
  })
})
