import type { IncomingMessage } from 'node:http'
import type { Socket } from 'node:net'
import { type Duplex, Transform } from 'node:stream'
import type { Engine } from '../../platform/engine/index.ts'
import { upgrade } from '../../platform/engine/index.ts'
import { refused } from '../errors.ts'
import { decide } from '../policy/routes.ts'
import { parseTarget } from '../policy/target.ts'
import { checkRequest } from './guard.ts'
import type { Ownership } from './ownership.ts'
import type { Verdicts } from './verdicts.ts'

/** Milliseconds for a caller to close its side of a connection that has ended here. */
const CLOSED_WITHIN = 30_000

export interface AttachOptions {
  engine: Engine
  ownership: Ownership
  token: string | undefined
  verdicts: Verdicts
}

/** Connections to programs, passed through byte for byte in both directions. */
export interface Attachments {
  /** Answers a request for an upgrade. Never rejects. */
  accept(request: IncomingMessage, socket: Duplex, head: Buffer): Promise<void>
  count(): number
  /** Ends those that nothing was sent to yet, and resolves when the others have come to their end. */
  drain(): Promise<void>
  /** Ends all. */
  close(): void
}

interface Attachment {
  end(): void
  ended: Promise<void>
  /** Something was sent to the program. */
  used: boolean
}

export function createAttachments({ engine, ownership, token, verdicts }: AttachOptions): Attachments {
  const open = new Set<Attachment>()
  let draining = false

  async function accept(request: IncomingMessage, socket: Duplex, head: Buffer): Promise<void> {
    socket.on('error', () => socket.destroy())
    try {
      const path = await pathOf(request)
      if (path === undefined) return answer(socket, 404, JSON.stringify({ message: 'No such container' }))
      const upgraded = await upgrade(engine, path)
      if (!upgraded.socket) {
        upgraded.response.resume()
        const status = upgraded.response.statusCode ?? 502
        return answer(socket, status, JSON.stringify({ message: `the engine answered ${status} to attach` }))
      }
      socket.write('HTTP/1.1 101 UPGRADED\r\nContent-Type: application/vnd.docker.raw-stream\r\n')
      socket.write('Connection: Upgrade\r\nUpgrade: tcp\r\n\r\n')
      if (upgraded.head.length > 0) socket.write(upgraded.head)
      if (head.length > 0) socket.unshift(head)
      join(socket, upgraded.socket, Number(request.headers['content-length'] ?? 0))
    } catch (error) {
      const { status, body } = verdicts.failed(request, error)
      answer(socket, status, body)
    }
  }

  async function pathOf(request: IncomingMessage): Promise<string | undefined> {
    checkRequest(request, token)
    const decision = decide(request.method ?? '', parseTarget(request.url ?? ''))
    const isAttach = decision.kind === 'container' && decision.action === 'attach'
    if (!isAttach || request.headers.upgrade?.toLowerCase() !== 'tcp') {
      throw refused('only attach may be upgraded, and to "tcp" only')
    }
    const id = await ownership.find(decision.container)
    verdicts.allowed('attach')
    return id && `/containers/${id}/attach?${decision.query}`
  }

  /** @param skip bytes of a body, which are not for the program */
  function join(client: Duplex, program: Socket, skip: number): void {
    const { promise: ended, resolve } = Promise.withResolvers<void>()
    const end = () => {
      client.destroy()
      program.destroy()
    }
    const attachment: Attachment = { end, ended, used: false }
    open.add(attachment)
    const use = () => {
      attachment.used = true
    }
    program.on('error', end)
    client.once('close', end)
    program.once('close', () => {
      open.delete(attachment)
      resolve()
      // What it has said last may still be on its way to the client.
      finish(client)
    })
    client.pipe(skipping(skip, use)).pipe(program)
    program.pipe(client)
    if (draining || client.destroyed) end()
  }

  return {
    accept,
    count: () => open.size,
    async drain() {
      draining = true
      for (const attachment of open) if (!attachment.used) attachment.end()
      await Promise.all([...open].map(({ ended }) => ended))
    },
    close() {
      for (const attachment of open) attachment.end()
    },
  }
}

/** Passes on all but the first bytes. */
function skipping(bytes: number, onFirst: () => void): Transform {
  let left = bytes
  return new Transform({
    transform(chunk: Buffer, _encoding, done) {
      const rest = chunk.subarray(Math.min(left, chunk.length))
      left -= chunk.length - rest.length
      if (rest.length === 0) return done()
      onFirst()
      done(null, rest)
    },
  })
}

function answer(socket: Duplex, status: number, body: string): void {
  const head = [
    `HTTP/1.1 ${status} ${status === 404 ? 'Not Found' : 'Refused'}`,
    'Content-Type: application/json',
    `Content-Length: ${Buffer.byteLength(body)}`,
    'Connection: close',
  ]
  finish(socket, `${head.join('\r\n')}\r\n\r\n${body}`)
}

/** Sends the last, and waits for the other side no longer than it takes anybody who is still there. */
function finish(socket: Duplex, last = ''): void {
  const timer = setTimeout(() => socket.destroy(), CLOSED_WITHIN)
  socket.once('close', () => clearTimeout(timer))
  socket.end(last)
}
