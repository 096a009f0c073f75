import type { ServerResponse } from 'node:http'

/** One client of a `text/event-stream`. */
export interface SseConnection {
  /** Writes a frame. False: the client does not keep up; hold back until `onDrain`. */
  send(frame: string): boolean
  end(): void
  readonly closed: boolean
}

export interface SseHandlers {
  onDrain(): void
  /** The connection is over, whoever ended it. Called once. */
  onClose(): void
}

export interface SseHub {
  open(response: ServerResponse, handlers: SseHandlers): SseConnection
  readonly connections: number
  /** Ends every connection, and each further one once it has begun; the clients resume elsewhere. */
  leave(): void
  /** Ends every connection. */
  close(): void
}

export interface SseOptions {
  /** Milliseconds between two heartbeat comments. */
  heartbeat: number
  /** Milliseconds a client may take to read what fills its buffers before it is cut off. */
  stallTimeout: number
}

/** Bytes of unread frames in this process at which a client counts as slow. */
const HIGH_WATER = 256 * 1024

interface Member {
  response: ServerResponse
  stalledAt: number | undefined
}

/** Milliseconds between two turns of the heartbeat timer, where the heartbeat is longer. */
const TURN = 100

/**
 * Serves event streams with one heartbeat timer for all of them. Each turn serves a part of the clients, so that
 * thousands of them never get their heartbeats in one go, which would hold up everybody's messages.
 */
export function createSseHub({ heartbeat, stallTimeout }: SseOptions): SseHub {
  const members = new Set<Member>()
  const parts = Array.from({ length: Math.max(1, Math.floor(heartbeat / TURN)) }, () => new Set<Member>())
  let turn = 0
  let opened = 0
  let leaving = false
  const timer = setInterval(beat, heartbeat / parts.length)

  function beat(): void {
    const now = Date.now()
    const part = parts[turn++ % parts.length] as Set<Member>
    for (const member of part) {
      if (member.stalledAt === undefined) member.response.write(': heartbeat\n\n')
      else if (now - member.stalledAt > stallTimeout) member.response.destroy()
    }
  }

  function endAll(): void {
    for (const { response } of members) response.end()
  }

  return {
    get connections() {
      return members.size
    },
    open(response, handlers) {
      const member: Member = { response, stalledAt: undefined }
      const part = parts[opened++ % parts.length] as Set<Member>
      members.add(member)
      part.add(member)
      const leave = () => {
        part.delete(member)
        if (members.delete(member)) handlers.onClose()
      }
      response.writeHead(200, {
        'content-type': 'text/event-stream; charset=utf-8',
        'cache-control': 'no-cache, no-transform',
        'x-accel-buffering': 'no',
      })
      response.on('drain', () => {
        if (response.writableEnded) return
        member.stalledAt = undefined
        handlers.onDrain()
      })
      // The response's own event: the request's fires when its body has been read, or never.
      response.once('close', leave)
      if (response.destroyed) queueMicrotask(leave) // gone before we came to answer
      if (leaving) setImmediate(() => response.end())
      response.on('error', () => response.destroy())
      return {
        send(frame) {
          if (response.writableEnded || response.destroyed) return false
          if (response.write(frame) || response.writableLength < HIGH_WATER) return true
          member.stalledAt ??= Date.now()
          return false
        },
        end() {
          member.stalledAt ??= Date.now() // what is still to be sent has a limited time too
          response.end()
        },
        get closed() {
          return response.writableEnded || response.destroyed
        },
      }
    },
    leave() {
      leaving = true
      endAll()
    },
    close() {
      clearInterval(timer)
      endAll()
    },
  }
}

/** One frame of an event stream. Every line of `data` gets its own field, as the format demands. */
export function sseFrame(data: string, options: { id?: string; event?: string } = {}): string {
  const id = options.id === undefined ? '' : `id: ${options.id}\n`
  const event = options.event === undefined ? '' : `event: ${options.event}\n`
  const lines = /[\r\n]/.test(data) ? data.split(/\r\n|\r|\n/).join('\ndata: ') : data
  return `${id}${event}data: ${lines}\n\n`
}
