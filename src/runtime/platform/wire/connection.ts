import { connect, type OnReadOpts, type Socket } from 'node:net'
import { connect as connectSecurely } from 'node:tls'
import type { WireHandlers, WireRequest } from './messages.ts'
import { createAnswerParser } from './parser.ts'
import { causeOf } from './trouble.ts'

/** A request, from when it is asked for until it has ended. */
export interface Pending {
  readonly request: WireRequest
  readonly handlers: WireHandlers
  readonly deadline: number
  connection: Connection | undefined
  over: boolean
}

/** One socket, with at most one request under way. */
export interface Connection {
  pending: Pending | undefined
  /** `performance.now()` after which it is not used again: the server is about to close it. */
  usableUntil: number
  begin(pending: Pending): void
  destroy(): void
}

export interface ConnectionEvents {
  /** Its request has ended, and another one may be sent. */
  onIdle(connection: Connection): void
  /** Told once, after which nothing can be sent; after the end of its request has been told. */
  onClosed(connection: Connection): void
}

/** Milliseconds before the server closes an idle connection by which it is not used any more. */
const MARGIN = 1_000
/** The same, counted from its last answer: a server that is about to end keeps it for less time than it has promised. */
const LONGEST_IDLE = 4_000

/**
 * All sockets of a thread read into the same memory: what has arrived is handled before the next is read. That spares a buffer
 * for each of thousands of connections, and a stream's bookkeeping for each chunk.
 */
const memory = Buffer.allocUnsafeSlow(65_536)

export function openConnection(url: URL, events: ConnectionEvents): Connection {
  let closed = false
  const socket = dial(url, {
    buffer: memory,
    callback(length) {
      if (connection.pending) parser.feed(memory, length, performance.now())
      else connection.destroy() // nothing was asked
      return true
    },
  })
  socket.setNoDelay(true)
  socket.on('error', (error) => fail(causeOf(error)))
  socket.on('end', () => {
    parser.end(performance.now())
    connection.destroy()
  })
  socket.on('close', () => fail('connection closed'))

  const connection: Connection = {
    pending: undefined,
    usableUntil: Number.POSITIVE_INFINITY,
    begin(pending) {
      connection.pending = pending
      pending.connection = connection
      parser.expect(pending.request.head)
      socket.write(pending.request.bytes)
    },
    destroy() {
      if (closed) return
      closed = true
      parser.stop()
      socket.destroy()
      events.onClosed(connection)
    },
  }

  const parser = createAnswerParser({
    onHeaders(status, headers, at) {
      connection.pending?.handlers.onHeaders?.(status, headers, at)
    },
    wantsData: () => connection.pending?.handlers.onData !== undefined,
    onData(chunk, at) {
      connection.pending?.handlers.onData?.(chunk, at)
    },
    onEnd(at, keep, idle) {
      const pending = release()
      if (keep) {
        const promised = idle > 0 ? Math.max(idle / 2, idle - MARGIN) : LONGEST_IDLE
        connection.usableUntil = at + Math.min(promised, LONGEST_IDLE)
        events.onIdle(connection)
      } else connection.destroy()
      pending?.handlers.onEnd(at)
    },
    onFault: fail,
  })

  function fail(cause: string): void {
    const pending = release()
    connection.destroy()
    pending?.handlers.onError(cause)
  }

  function release(): Pending | undefined {
    const { pending } = connection
    connection.pending = undefined
    if (!pending || pending.over) return undefined
    pending.over = true
    return pending
  }

  return connection
}

function dial(url: URL, onread: OnReadOpts): Socket {
  const secure = url.protocol === 'https:'
  const host = url.hostname.replace(/^\[(.*)\]$/, '$1')
  const port = Number(url.port || (secure ? 443 : 80))
  if (!secure) return connect({ host, port, onread })
  const options = { host, port, onread, ALPNProtocols: ['http/1.1'], ...serverName(host) }
  return connectSecurely(options)
}

/** An address is no name that a certificate could be asked for. */
function serverName(host: string): { servername?: string } {
  return /^[\d.]+$|:/.test(host) ? {} : { servername: host }
}
