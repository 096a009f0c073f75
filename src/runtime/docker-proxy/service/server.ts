import { chmod, lstat, rm } from 'node:fs/promises'
import type { IncomingMessage } from 'node:http'
import { createServer, type RequestListener, type Server } from 'node:http'
import { connect, type ListenOptions, type Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import { messageOf } from '../../kernel/index.ts'
import { dockerProxyError } from '../errors.ts'

export interface Place {
  host: string
  port: number
  /** Listens on this unix socket instead. */
  socket?: string | undefined
}

export interface ProxyServer {
  /** `http://HOST:PORT` or `unix:///PATH`. */
  url: string
  close(): Promise<void>
}

const IN_USE = 'another program listens there'
const MAX_CONNECTIONS = 512
/** Milliseconds, at the end, for callers to close connections to programs. */
const CLOSED_WITHIN = 1_000
/** Milliseconds for a request to arrive, and for a connection to be idle. */
const LIMITS = { headersTimeout: 10_000, requestTimeout: 30_000, keepAliveTimeout: 60_000 }

/**
 * Serves on a port, or on a unix socket that only this user can open.
 * @throws AgentctlError DOCKER_PROXY_ADDRESS_INVALID
 */
export async function listen(
  place: Place,
  onRequest: RequestListener,
  onUpgrade: (request: IncomingMessage, socket: Duplex, head: Buffer) => void,
): Promise<ProxyServer> {
  const server = createServer(LIMITS, onRequest)
  server.on('upgrade', onUpgrade)
  server.maxConnections = MAX_CONNECTIONS
  const sockets = new Set<Socket>()
  server.on('connection', (socket) => {
    sockets.add(socket)
    socket.once('close', () => sockets.delete(socket))
  })
  const url = place.socket === undefined ? await onPort(server, place) : await onSocket(server, place.socket)
  return {
    url,
    async close() {
      const closed = new Promise<void>((done) => server.close(() => done()))
      server.closeAllConnections()
      // The server no longer counts those that were upgraded as its own, and waits for them all the same.
      const timer = setTimeout(() => {
        for (const socket of sockets) socket.destroy()
      }, CLOSED_WITHIN)
      await closed
      clearTimeout(timer)
    },
  }
}

async function onPort(server: Server, { host, port }: Place): Promise<string> {
  try {
    await listening(server, { host, port })
  } catch (cause) {
    throw notThere(`${host}:${port}`, cause, 'port')
  }
  const { port: actual } = server.address() as { port: number }
  const shown = host === '0.0.0.0' || host === '::' ? '127.0.0.1' : host
  return `http://${shown.includes(':') ? `[${shown}]` : shown}:${actual}`
}

async function onSocket(server: Server, path: string): Promise<string> {
  try {
    // What an earlier process left behind; never a file of another kind.
    const there = await lstat(path).catch(() => undefined)
    if (there && !there.isSocket()) throw new Error('there is a file which is no socket')
    if (there && (await isListening(path))) throw new Error(IN_USE)
    await rm(path, { force: true })
    await listening(server, { path })
    await chmod(path, 0o600)
  } catch (cause) {
    server.close()
    throw notThere(path, cause, 'socket')
  }
  return `unix://${path}`
}

function isListening(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(path, () => {
      socket.destroy()
      resolve(true)
    })
    socket.once('error', () => resolve(false))
  })
}

function listening(server: Server, options: ListenOptions): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen(options, () => {
      server.off('error', reject)
      resolve()
    })
  })
}

function notThere(place: string, cause: unknown, field: string) {
  const inUse = (cause as NodeJS.ErrnoException).code === 'EADDRINUSE'
  const why = inUse ? IN_USE : messageOf(cause)
  return dockerProxyError('DOCKER_PROXY_ADDRESS_INVALID', `${place}: ${why}`, { cause, field })
}
