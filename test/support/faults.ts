import { randomInt } from 'node:crypto'
import { createServer, connect as openSocket, type Socket } from 'node:net'
import { freePort } from '../../src/runtime/platform/process/index.ts'

/** What decides when faults happen: the same seed gives the same decisions. */
export interface Chance {
  readonly seed: number
  /** A whole number from `low` to `high`. */
  between(low: number, high: number): number
  pick<T>(list: readonly T[]): T
}

const GIVEN = process.env.AGENTCTL_FAULT_SEED
export const SEED = GIVEN === undefined ? randomInt(2 ** 31) : Number(GIVEN)

/** @param name of the test, so that each has its own decisions whichever of them run */
export function chanceFor(name: string): Chance {
  let state = SEED
  for (const letter of name) state = (Math.imul(state, 31) + (letter.codePointAt(0) ?? 0)) | 0

  /** mulberry32 */
  function next(): number {
    state = (state + 0x6d2b79f5) | 0
    let t = Math.imul(state ^ (state >>> 15), 1 | state)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32
  }
  const between = (low: number, high: number) => low + Math.floor(next() * (high - low + 1))
  return { seed: SEED, between, pick: (list) => list[between(0, list.length - 1)] as (typeof list)[number] }
}

/** Stands between a client and Redis, and loses replies on demand. */
export interface LossyProxy {
  url: string
  /** Lets the next command that matches reach Redis, swallows what Redis says, and cuts the connection. */
  loseReplyTo(command: RegExp): Promise<void>
  /** Cuts every connection, whatever is on its way. */
  cut(): void
  /** Keeps what Redis says to itself until `release()`. */
  hold(): void
  release(): void
  /** Leads new connections to another server, as a name does after a failover. */
  redirect(port: number): void
  close(): Promise<void>
}

/** Milliseconds from a swallowed reply to the cut: what was sent with the command is executed meanwhile. */
const CUT_AFTER = 20

export async function startLossyProxy(redisUrl: string): Promise<LossyProxy> {
  const { hostname, port: redisPort } = new URL(redisUrl)
  let target = Number(redisPort)
  const sockets = new Set<Socket>()
  let held: (() => void)[] | undefined
  let wanted: { command: RegExp; done(): void } | undefined

  const server = createServer((client) => {
    const redis = openSocket(target, hostname)
    let losing: (() => void) | undefined
    for (const socket of [client, redis]) {
      sockets.add(socket)
      socket.setNoDelay(true)
      socket.on('error', () => {})
      socket.on('close', () => {
        sockets.delete(socket)
        client.destroy()
        redis.destroy()
      })
    }
    client.on('data', (chunk) => {
      if (wanted?.command.test(chunk.toString('latin1'))) {
        losing = wanted.done
        wanted = undefined
      }
      redis.write(chunk)
    })
    redis.on('data', (chunk) => {
      if (held) return void held.push(() => client.write(chunk))
      if (!losing) return client.write(chunk)
      const done = losing
      setTimeout(() => {
        client.destroy()
        done()
      }, CUT_AFTER)
      losing = () => {}
    })
  })

  function cut(): void {
    for (const socket of sockets) socket.destroy()
  }

  const port = await freePort()
  await new Promise<void>((listening) => server.listen(port, '127.0.0.1', listening))
  return {
    url: `redis://127.0.0.1:${port}`,
    loseReplyTo: (command) =>
      new Promise((done) => {
        wanted = { command, done }
      }),
    cut,
    hold() {
      held ??= []
    },
    release() {
      for (const write of held ?? []) write()
      held = undefined
    },
    redirect(other) {
      target = other
    },
    close: () =>
      new Promise((closed) => {
        server.close(() => closed())
        cut()
      }),
  }
}
