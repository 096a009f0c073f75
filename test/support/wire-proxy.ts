import { createServer, connect as openSocket, type Socket } from 'node:net'
import { freePort } from '../../src/runtime/platform/process/index.ts'

/** A moment in the talk between a client and a server whose commands are text on the wire. */
export interface Moment {
  /** The command, by a part of its text. */
  command: RegExp
  /** Sent on the same connection before it. */
  following?: RegExp
  /** Before it reaches the server; or after it did, when the answer is about to come. */
  when: 'before' | 'after'
}

/** Stands between a client and a server, and stops the traffic at a moment of one's choice. */
export interface WireProxy {
  url: string
  /** Resolves when the traffic has stopped; rejects when that moment does not come within `timeout` milliseconds. */
  stopAt(moment: Moment, timeout?: number): Promise<void>
  /** Lets it go on, with everything that was said meanwhile. */
  release(): void
  close(): Promise<void>
}

const TIMEOUT = 60_000
/** What was sent last, for whoever waited in vain. */
const MEMORY = 30

export async function startWireProxy(target: string): Promise<WireProxy> {
  const address = new URL(target)
  const sockets = new Set<Socket>()
  const sent: string[] = []
  let wanted: (Moment & { reached(): void }) | undefined
  /** While the traffic is stopped: what is to be passed on, in order. */
  let held: (() => void)[] | undefined

  function stop(pass: () => void): void {
    held = [pass]
    wanted?.reached()
    wanted = undefined
  }

  const server = createServer((client) => {
    const upstream = openSocket(Number(address.port), address.hostname)
    /** The command that is waited for was sent here; its parts may follow. */
    let here = false
    let ready = false
    for (const socket of [client, upstream]) {
      sockets.add(socket)
      socket.setNoDelay(true)
      socket.on('error', () => {})
      socket.on('close', () => {
        sockets.delete(socket)
        client.destroy()
        upstream.destroy()
      })
    }
    client.on('data', (chunk) => {
      const pass = () => upstream.write(chunk)
      if (held) return void held.push(pass)
      const text = chunk.toString('latin1')
      sent.push(readable(text))
      if (sent.length > MEMORY) sent.shift()
      if (wanted) {
        ready ||= wanted.following === undefined
        here ||= ready && wanted.command.test(text)
        ready ||= wanted.following?.test(text) === true
        if (here && wanted.when === 'before') return stop(pass)
      }
      pass()
    })
    upstream.on('data', (chunk) => {
      const pass = () => client.write(chunk)
      if (held) return void held.push(pass)
      if (here && wanted) return stop(pass)
      pass()
    })
  })

  const port = await freePort()
  await new Promise<void>((listening) => server.listen(port, '127.0.0.1', listening))
  const url = new URL(target)
  url.hostname = '127.0.0.1'
  url.port = String(port)
  return {
    url: url.href,
    stopAt(moment, timeout = TIMEOUT) {
      const stopping = new Promise<void>((resolve, reject) => {
        const late = setTimeout(
          () => reject(new Error(`${moment.command} was never sent; the last were\n${sent.join('\n')}`)),
          timeout,
        )
        wanted = {
          ...moment,
          reached() {
            clearTimeout(late)
            resolve()
          },
        }
      })
      stopping.catch(() => {}) // whoever has not come to wait for it has failed otherwise
      return stopping
    },
    release() {
      for (const pass of held ?? []) pass()
      held = undefined
    },
    close: () =>
      new Promise((closed) => {
        server.close(() => closed())
        for (const socket of sockets) socket.destroy()
      }),
  }
}

const readable = (text: string) =>
  text
    .replace(/[^\x20-\x7e]+/g, ' ')
    .trim()
    .slice(0, 100)
