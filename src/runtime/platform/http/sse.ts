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
  /** Ends every connection; the clients resume elsewhere. */
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

/** Serves event streams with one heartbeat timer for all of them. */
export function createSseHub({ heartbeat, stallTimeout }: SseOptions): SseHub {
  const members = new Set<Member>()
  const timer = setInterval(beat, heartbeat)

  function beat(): void {
    const now = Date.now()
    for (const member of members) {
      if (member.stalledAt === undefined) member.response.write(': heartbeat\n\n')
      else if (now - member.stalledAt > stallTimeout) member.response.destroy()
    }
  }

  return {
    get connections() {
      return members.size
    },
    open(response, handlers) {
      const member: Member = { response, stalledAt: undefined }
      members.add(member)
      const leave = () => {
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
    close() {
      clearInterval(timer)
      for (const { response } of members) response.end()
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
