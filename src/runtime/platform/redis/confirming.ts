import type { Redis } from 'ioredis'
import { type Batcher, createBatcher } from './batcher.ts'
import { connectionOf, isCluster, isMoved, type RedisClient } from './connect.ts'
import { redisError } from './errors.ts'
import { slotOf } from './slot.ts'

/**
 * Does work that writes to `keys`, and resolves once replicas have what it wrote. The work must be safe to repeat: whoever is told
 * that it is not confirmed will try again.
 * @throws AgentctlError REDIS_NOT_CONFIRMED, and what the work throws
 */
export type Durably = <T>(keys: readonly string[], work: () => Promise<T>) => Promise<T>

/** For whoever asks for no replica. */
export const unconfirmedWork: Durably = (_keys, work) => work()

export interface ConfirmingOptions {
  /** What the work writes with. */
  redis: RedisClient
  /** Opens a connection for WAIT, which holds up everything behind it; called when it is first needed. */
  open(): RedisClient
  /** Replicas that must have it; with 0 the work is merely done. */
  replicas: number
}

type Line = Batcher<string, string>

/** Milliseconds for the replicas. */
const TIMEOUT = 2_000
/** Writes that are confirmed by one command at most. */
const BATCH = 200
/** Milliseconds after which nothing is left of the marker. */
const MARKER_TTL = 10_000

/**
 * WAIT is about what its own connection has written. So a marker is written over a connection for that alone, after the work: servers
 * replicate in order, and who has the marker has the work. That holds as long as both went to the same server, which is why a
 * connection that was lost in between leaves the work unconfirmed.
 */
export function createConfirming({ redis, open, replicas }: ConfirmingOptions): Durably {
  if (replicas === 0) return unconfirmedWork
  let own: RedisClient | undefined
  let losses = 0
  countLosses(redis)

  function countLosses(client: RedisClient): void {
    client.on(isCluster(client) ? '-node' : 'close', () => {
      losses++
    })
  }

  function connection(): RedisClient {
    if (!own) {
      own = open()
      countLosses(own)
    }
    return own
  }

  /** One marker and one WAIT for keys of one server. */
  async function confirm(keys: readonly string[]): Promise<readonly string[]> {
    const client = connection()
    const [first = ''] = keys
    const owner = await connectionOf(client, first)
    // First of all: a connection that is not used is not found to be dead.
    await waitFor(owner, markerBeside(client, first), replicas)
    for (const key of keys) {
      if (serverOf(client, owner) !== serverOf(redis, await connectionOf(redis, key)))
        throw unconfirmed('it went elsewhere')
    }
    return keys
  }

  /** What is written while the replicas of a server are asked shares the next WAIT: one would wait for the other. */
  function openLine(): Line {
    let asking: Promise<unknown> = Promise.resolve()
    const ask = (keys: string[]) => {
      const asked = confirm(keys)
      asking = asked.catch(() => {})
      return asked
    }
    return createBatcher(BATCH, ask, (flush) => asking.then(flush))
  }

  /** By server, so that one without replicas holds up nobody else. */
  const lines = new Map<string, Line>()
  function lineOf(key: string): Line {
    const server = isCluster(redis) ? (redis.slots[slotOf(key)]?.[0] ?? '') : ''
    const line = lines.get(server) ?? openLine()
    lines.set(server, line)
    return line
  }

  return async (keys, work) => {
    // Its first connection is no loss.
    const client = connection()
    if (client.status !== 'ready') await client.ping()
    const before = losses
    const result = await work()
    try {
      await Promise.all(keys.map((key) => lineOf(key).add(key)))
    } catch (cause) {
      if (isMoved(client, cause)) throw unconfirmed('its slot has moved', cause)
      throw cause
    }
    if (losses !== before) throw unconfirmed('a connection was lost meanwhile')
    return result
  }
}

async function waitFor(owner: Redis, marker: string, replicas: number): Promise<void> {
  const replies = await owner
    .pipeline()
    .set(marker, '', 'PX', MARKER_TTL)
    .call('WAIT', replicas, TIMEOUT)
    .exec()
  for (const [error] of replies ?? []) if (error) throw error
  const reached = Number(replies?.[1]?.[1])
  if (!(reached >= replicas))
    throw unconfirmed(`${reached} of ${replicas} replicas have it after ${TIMEOUT} ms`)
}

/** A key on the server that has another. */
function markerBeside(client: RedisClient, key: string): string {
  const marker = (n: number) => `agentctl:confirmed:${n}`
  if (!isCluster(client)) return marker(0)
  const owner = client.slots[slotOf(key)]?.[0]
  let n = 0
  while (client.slots[slotOf(marker(n))]?.[0] !== owner) n++
  return marker(n)
}

/** With Sentinel it is not the one that the client was told, but the one it has reached. */
function serverOf(client: RedisClient, connection: Redis): string {
  if (isCluster(client)) return `${connection.options.host}:${connection.options.port}`
  const { stream } = connection as unknown as { stream?: { remoteAddress?: string; remotePort?: number } }
  return `${stream?.remoteAddress}:${stream?.remotePort}`
}

function unconfirmed(why: string, cause?: unknown): Error {
  return redisError('REDIS_NOT_CONFIRMED', `Redis has taken it, but replicas have not confirmed it: ${why}`, {
    cause,
  })
}
