import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import { Server as NetServer, type Socket } from 'node:net'
import { setTimeout as pause } from 'node:timers/promises'
import { Server as TlsServer } from 'node:tls'
import type { Leaving } from '../../kernel/index.ts'

/** How a server goes away without anybody noticing. */
export interface Departure {
  readonly leaving: boolean
  /**
   * Has every answer end its connection, takes no more connections once others do, and waits for what is under way. Resolves
   * when nobody is left, or the time is up. With no successor and no delay it waits for nothing.
   */
  leave(how: Leaving): Promise<void>
  /** Takes nothing more, gives what is under way `timeout` milliseconds, and ends every connection. */
  finish(timeout: number): Promise<void>
}

/**
 * Milliseconds for which a connection may be idle until it is closed. That comes at a bad moment for whoever sends a request
 * just then, so it is longer than clients of ours keep theirs: they close it themselves, or learn from an answer that it ends.
 */
const LINGER = 5_000

/** To be made before the server listens. */
export function createDeparture(server: Server): Departure {
  const sockets = new Set<Socket>()
  /** Those that nothing has been asked over: the server does not take them for idle. */
  const unused = new Set<Socket>()
  const answers = new Set<ServerResponse>()
  let leaving = false
  let onQuiet = () => {}

  server.on('connection', (socket: Socket) => {
    sockets.add(socket)
    socket.once('close', () => {
      sockets.delete(socket)
      onQuiet()
    })
  })
  server.on(server instanceof TlsServer ? 'secureConnection' : 'connection', (socket: Socket) => {
    unused.add(socket)
    socket.once('close', () => unused.delete(socket))
  })
  server.prependListener('request', ({ socket }: IncomingMessage, response: ServerResponse) => {
    unused.delete(socket)
    answers.add(response)
    if (leaving) endConnectionWith(response)
    response.once('close', () => {
      answers.delete(response)
      onQuiet()
    })
  })

  function announce(): void {
    if (leaving) return
    leaving = true
    for (const response of answers) endConnectionWith(response)
  }

  function stopListening(): void {
    // Of HTTP servers, the method of this name closes idle connections as well.
    if (server.listening) NetServer.prototype.close.call(server)
  }

  function closeUnused(): void {
    for (const socket of unused) socket.destroy()
  }

  /** A server takes a connection for idle once its answer is handed over, although much of that may have to be sent yet. */
  function closeIdle(): void {
    const sending = [...answers].find((response) => response.writableEnded)
    if (sending === undefined) server.closeIdleConnections()
    else sending.once('close', closeIdle)
  }

  /** Until a condition holds that may come to hold when a connection or an answer ends. */
  async function until(holds: () => boolean, timeout: number, signal?: AbortSignal): Promise<void> {
    if (holds() || signal?.aborted) return
    const { promise, resolve } = Promise.withResolvers<void>()
    const timer = setTimeout(resolve, timeout)
    signal?.addEventListener('abort', () => resolve(), { once: true })
    onQuiet = () => holds() && resolve()
    await promise
    clearTimeout(timer)
  }

  return {
    get leaving() {
      return leaving
    },
    async leave({ succeeded, delay, timeout, signal }) {
      announce()
      // Whoever comes while work is finished is answered: others may not have heard of it yet.
      if (!succeeded && delay === 0) return
      if (!succeeded) await pause(delay, undefined, { signal }).catch(() => {})
      stopListening()
      const closing = [setTimeout(closeIdle, succeeded ? LINGER : 0), setTimeout(closeUnused, LINGER)]
      await until(() => sockets.size === 0, timeout, signal)
      closing.forEach(clearTimeout)
    },
    async finish(timeout) {
      announce()
      stopListening()
      await until(() => answers.size === 0, timeout)
      // Of TLS, the server does not know those that have not come to a request: it would wait for them.
      for (const socket of sockets) socket.destroy()
    },
  }
}

/** So that the next request comes over another connection, which somebody else accepts. */
function endConnectionWith(response: ServerResponse): void {
  if (!response.headersSent) response.setHeader('connection', 'close')
  else {
    const { socket } = response
    response.once('finish', () => socket?.end())
  }
}
