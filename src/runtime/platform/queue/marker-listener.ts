import { setTimeout as pause } from 'node:timers/promises'
import { type Logger, messageOf } from '../../kernel/index.ts'
import { isCluster, type RedisClient } from '../redis/index.ts'

export interface MarkerListenerOptions {
  /** A connection of its own is made like this one. */
  redis: RedisClient
  markers: readonly string[]
  /** Key that this listener alone waits on, in the slot of the markers. */
  wakeUp: string
  /** Whether more jobs of the queue may be under way. */
  hasRoom(index: number): boolean
  /** There are jobs, or some time has passed. */
  onMarker(): void
  log: Logger
}

export interface MarkerListener {
  /** A queue that had no room, and so was not waited for, may have some now. */
  roomMade(): void
  close(): Promise<void>
}

/** Seconds after which the queues are looked at without a marker: one is lost with a worker that dies in the wrong moment. */
const BLOCK = 2
/** Milliseconds beyond that after which a connection counts as dead although nobody has said so. */
const WATCHDOG = 4_000
const RETRY_DELAY = 250
/** Milliseconds after which nothing is left of the key of a listener that has died. */
const WAKE_UP_TTL = 10_000

/** Waits for the markers that BullMQ's layout sets when jobs are added. */
export function createMarkerListener(options: MarkerListenerOptions): MarkerListener {
  const { redis, markers, wakeUp, hasRoom, onMarker, log } = options
  const blocking: RedisClient = isCluster(options.redis)
    ? options.redis.duplicate()
    : options.redis.duplicate()
  blocking.on('error', (error: Error) => log.debug({ reason: error.message }, 'waiting for jobs failed'))
  let closed = false
  /** Queues whose markers are not waited for at present. */
  let full: number[] = []
  let stop = () => {}
  const loop = listen()

  async function listen(): Promise<void> {
    onMarker()
    while (!closed) {
      full = markers.flatMap((_, index) => (hasRoom(index) ? [] : [index]))
      const keys = [...markers.filter((_, index) => !full.includes(index)), wakeUp]
      // The driver may never settle a command of a connection that is ended while it is being made anew.
      await new Promise<void>((done) => {
        stop = done
        void wait(keys).then(done)
      })
      if (!closed) onMarker()
    }
  }

  async function wait(keys: readonly string[]): Promise<void> {
    // Again and again: the driver repeats the command on the next connection, which may die as quietly.
    const watchdog = setInterval(() => blocking.disconnect(true), BLOCK * 1_000 + WATCHDOG)
    try {
      await blocking.bzpopmin(...(keys as [string, ...string[]]), BLOCK)
    } catch (error) {
      if (closed) return
      log.debug({ reason: messageOf(error) }, 'waiting for jobs failed, trying again')
      await pause(RETRY_DELAY)
    } finally {
      clearInterval(watchdog)
    }
  }

  return {
    roomMade() {
      if (!full.some(hasRoom)) return
      full = [] // once is enough
      redis
        .pipeline()
        .zadd(wakeUp, 0, '0')
        .pexpire(wakeUp, WAKE_UP_TTL)
        .exec()
        .catch((error: Error) => log.debug({ reason: error.message }, 'waking the listener failed'))
    },
    async close() {
      closed = true
      blocking.disconnect()
      stop()
      await loop
    },
  }
}
