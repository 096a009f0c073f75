import { setTimeout as pause } from 'node:timers/promises'
import { type Logger, messageOf } from '../kernel/index.ts'
import { isCluster, type RedisClient } from '../platform/redis/index.ts'
import type { RawEntry } from '../platform/streams/index.ts'
import { isLostGroup } from './group-log.ts'
import type { Lane } from './lane.ts'

/** Brings new entries of many streams to their lanes, over one connection. */
export interface Reader {
  /** Something has changed that the read under way may not know: a lane is free again, or new. */
  wake(): void
  /** Ends the read under way; what it brings is still delivered. */
  stop(): Promise<void>
}

export interface ReaderOptions {
  /** For blocking reads only. */
  blocking: RedisClient
  /** For everything else. */
  redis: RedisClient
  group: string
  consumer: string
  lanes(): readonly Lane[]
  /** Makes the groups of lanes that are missing. */
  heal(): Promise<void>
  log: Logger
}

/** Milliseconds one read waits in Redis. */
const BLOCK = 2_000
/** Milliseconds beyond that after which a connection counts as dead. */
const GRACE = 3_000
/** Milliseconds between two looks in a cluster, where streams of different slots cannot be waited for at once. */
const CLUSTER_LOOK = 100
const ERROR_PAUSE = 250
/** Milliseconds between attempts to end a blocking read that may not have begun yet. */
const UNBLOCK_AGAIN = 10

export function createReader(options: ReaderOptions): Reader {
  return isCluster(options.redis) ? createPollingReader(options) : createBlockingReader(options)
}

type Reply = [stream: string, entries: RawEntry[]][] | null

function openLanes(lanes: readonly Lane[]): Lane[] {
  return lanes.filter((lane) => lane.wanted > 0)
}

function deliver(lanes: readonly Lane[], reply: Reply): void {
  for (const [stream, entries] of reply ?? []) {
    const delivered = entries.map((raw) => ({ raw, delivery: 1 }))
    lanes.find((lane) => lane.stream === stream)?.accept(delivered)
  }
}

function createBlockingReader({ blocking, redis, group, consumer, lanes, heal, log }: ReaderOptions): Reader {
  let stopping = false
  /** The streams of the read under way. */
  let reading: ReadonlySet<Lane> | undefined
  let clientId: number | undefined
  let resume = () => {}
  let unblocking = false
  /** Gives up what is waited for. */
  let cut = () => {}

  const forgetId = () => {
    clientId = undefined
  }
  blocking.on('close', forgetId)

  async function loop(): Promise<void> {
    while (!stopping) {
      const open = openLanes(lanes())
      if (open.length === 0) {
        await new Promise<void>((resolve) => {
          resume = resolve
        })
        continue
      }
      try {
        clientId ??= Number(await guarded(blocking.client('ID')))
        if (stopping) return
        reading = new Set(open)
        deliver(open, await read(open))
      } catch (error) {
        await recover(error)
      } finally {
        reading = undefined
      }
    }
  }

  async function read(open: readonly Lane[]): Promise<Reply> {
    const count = Math.min(...open.map((lane) => lane.wanted))
    const streams = open.map((lane) => lane.stream)
    const news = streams.map(() => '>')
    return (await guarded(
      blocking.xreadgroup(
        'GROUP',
        group,
        consumer,
        'COUNT',
        count,
        'BLOCK',
        BLOCK,
        'STREAMS',
        ...streams,
        ...news,
      ),
    )) as Reply
  }

  /**
   * A reply may be lost without the connection noticing: then it is made anew, and the command is sent again. Its reply is
   * waited for all the same: what it brings is this consumer's, and would be left lying until its lease has run out.
   */
  async function guarded<T>(work: Promise<T>): Promise<T> {
    const timer = setInterval(() => blocking.disconnect(!stopping), BLOCK + GRACE)
    const given = new Promise<never>((_, reject) => {
      cut = () => reject(new Error('the connection is closed'))
    })
    work.catch(() => {})
    try {
      return await Promise.race([work, given])
    } finally {
      clearInterval(timer)
    }
  }

  async function recover(error: unknown): Promise<void> {
    if (stopping) return
    try {
      if (isLostGroup(error)) return await heal()
      log.debug({ reason: messageOf(error) }, 'reading events failed, trying again')
    } catch (cause) {
      log.debug({ reason: messageOf(cause) }, 'making the groups anew failed, trying again')
    }
    await pause(ERROR_PAUSE)
  }

  /** The read may be on its way to Redis still: asks again until it has returned. */
  async function unblock(stale: () => boolean): Promise<void> {
    if (unblocking) return
    unblocking = true
    while (stale()) {
      if (clientId !== undefined) await redis.client('UNBLOCK', clientId).catch(() => {})
      if (stale()) await pause(UNBLOCK_AGAIN)
    }
    unblocking = false
  }

  const looping = loop()
  return {
    wake() {
      resume()
      const lacking = () =>
        reading !== undefined && !stopping && openLanes(lanes()).some((lane) => !reading?.has(lane))
      if (lacking()) void unblock(lacking)
    },
    async stop() {
      stopping = true
      resume()
      const ended = looping.then(() => {
        reading = undefined
      })
      // Nothing will come, and nothing may be sent when Redis is back. A connection that waits for its next attempt
      // lets its commands hang when it is closed.
      const hangUp = () => {
        blocking.disconnect()
        cut()
      }
      if (blocking.status === 'ready') blocking.once('close', hangUp)
      else hangUp()
      unblocking = false
      void unblock(() => reading !== undefined)
      await ended
      blocking.off('close', hangUp)
      blocking.off('close', forgetId)
    },
  }
}

function createPollingReader({ redis, blocking, group, consumer, lanes, heal, log }: ReaderOptions): Reader {
  let stopping = false
  let resume = () => {}
  const subscribed = new Set<string>()
  // In a cluster this connection is for wake-ups: publishers of this bus announce each event.
  const onMessage = () => resume()
  blocking.on('message', onMessage)

  async function loop(): Promise<void> {
    while (!stopping) {
      const open = openLanes(lanes())
      subscribeTo(open)
      const woken = new Promise<void>((resolve) => {
        resume = resolve
      })
      const found = (await Promise.all(open.map(readOne))).some(Boolean)
      if (!found && !stopping) {
        let timer: NodeJS.Timeout | undefined
        const look = new Promise<void>((resolve) => {
          timer = setTimeout(resolve, CLUSTER_LOOK)
        })
        await Promise.race([woken, look])
        clearTimeout(timer)
      }
    }
  }

  function subscribeTo(open: readonly Lane[]): void {
    for (const { stream } of open) {
      if (subscribed.has(stream)) continue
      subscribed.add(stream)
      blocking.subscribe(stream).catch(() => subscribed.delete(stream))
    }
  }

  async function readOne(lane: Lane): Promise<boolean> {
    try {
      const reply = (await redis.xreadgroup(
        'GROUP',
        group,
        consumer,
        'COUNT',
        lane.wanted,
        'STREAMS',
        lane.stream,
        '>',
      )) as Reply
      deliver([lane], reply)
      return reply !== null
    } catch (error) {
      if (isLostGroup(error)) await heal().catch(() => {})
      else log.debug({ reason: messageOf(error) }, 'reading events failed, trying again')
      return false
    }
  }

  const looping = loop()
  return {
    wake: () => resume(),
    async stop() {
      stopping = true
      resume()
      await looping
      blocking.off('message', onMessage)
    },
  }
}
