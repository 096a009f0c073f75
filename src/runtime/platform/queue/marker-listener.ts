import { setTimeout as pause } from 'node:timers/promises'
import { type Logger, messageOf } from '../../kernel/index.ts'
import { isCluster, type RedisClient } from '../redis/index.ts'

export interface MarkerListenerOptions {
  /** A connection of its own is made like this one. */
  redis: RedisClient
  markers: readonly string[]
  /** Whether more jobs of the queue may be under way. */
  hasRoom(index: number): boolean
  /** There are jobs, or some time has passed. */
  onMarker(): void
  log: Logger
}

export interface MarkerListener {
  /** A queue that had no room may have some now. */
  roomMade(): void
  close(): Promise<void>
}

/** Seconds after which the queues are looked at without a marker: one is lost with a worker that dies in the wrong moment. */
const BLOCK = 2
/** Milliseconds beyond that after which a connection counts as dead although nobody has said so. */
const WATCHDOG = 10_000
const RETRY_DELAY = 250

/** Waits for the markers that BullMQ's layout sets when jobs are added. */
export function createMarkerListener(options: MarkerListenerOptions): MarkerListener {
  const { markers, hasRoom, onMarker, log } = options
  const blocking: RedisClient = isCluster(options.redis)
    ? options.redis.duplicate()
    : options.redis.duplicate()
  blocking.on('error', (error: Error) => log.debug({ reason: error.message }, 'waiting for jobs failed'))
  let closed = false
  let roomMade: (() => void) | undefined
  const loop = listen()

  async function listen(): Promise<void> {
    onMarker()
    while (!closed) {
      const keys = markers.filter((_, index) => hasRoom(index))
      if (keys.length === 0) {
        await new Promise<void>((made) => {
          roomMade = made
        })
        continue
      }
      await wait(keys)
      if (!closed) onMarker()
    }
  }

  async function wait(keys: readonly string[]): Promise<void> {
    const watchdog = setTimeout(() => blocking.disconnect(true), BLOCK * 1_000 + WATCHDOG)
    try {
      await blocking.bzpopmin(...(keys as [string, ...string[]]), BLOCK)
    } catch (error) {
      if (closed) return
      log.debug({ reason: messageOf(error) }, 'waiting for jobs failed, trying again')
      await pause(RETRY_DELAY)
    } finally {
      clearTimeout(watchdog)
    }
  }

  return {
    roomMade() {
      roomMade?.()
      roomMade = undefined
    },
    async close() {
      closed = true
      roomMade?.()
      blocking.disconnect()
      await loop
    },
  }
}
