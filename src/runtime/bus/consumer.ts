import { setTimeout as pause } from 'node:timers/promises'
import { type Logger, messageOf, type Tracer } from '../kernel/index.ts'
import { isAway, isCluster, type RedisClient } from '../platform/redis/index.ts'
import { busError } from './errors.ts'
import type { EventHandler } from './event.ts'
import { createGroupLog } from './group-log.ts'
import { createKeeper, FORGOTTEN, type Keeper } from './keeper.ts'
import { streamKey } from './keys.ts'
import { createLane, type Lane, type LaneSettings } from './lane.ts'
import type { BusMetrics } from './metrics.ts'
import { createReader } from './reader.ts'
import type { Replier } from './replier.ts'
import type { SchemaRegistry } from './schemas.ts'
import type { Trimmer } from './trimmer.ts'
import type { TypeRegistry } from './type-registry.ts'

export interface Subscription extends LaneSettings {
  type: string
  handler: EventHandler
  /** Where a group that does not exist yet begins. */
  from: string
}

export interface ConsumerOptions {
  redis: RedisClient
  blocking: RedisClient
  group: string
  consumer: string
  /** Milliseconds after its last sign of life at which a consumer counts as dead and its events move on. */
  lease: number
  dedupeWindow: number
  schemas: SchemaRegistry
  replier: Replier
  trimmer: Trimmer
  types: TypeRegistry
  metrics: BusMetrics
  tracer: Tracer
  log: Logger
}

/** Takes part in a consumer group for any number of event types. */
export interface Consumer {
  readonly types: readonly string[]
  add(subscription: Subscription): Promise<void>
  /** Takes no more events and waits for those under way, for `drainTimeout` milliseconds; gives the rest back. */
  stop(drainTimeout: number): Promise<void>
}

const RETRY_PAUSE = 100
/** Milliseconds handlers have to notice that they were aborted. */
const ABORT_GRACE = 1_000

export function createConsumer(options: ConsumerOptions): Consumer {
  const { redis, blocking, group, consumer, lease, metrics, log } = options
  const cluster = isCluster(redis)
  const keepers = new Map<Lane, Keeper>()
  let lanes: readonly Lane[] = []
  let stopping = false
  let givenUp = false
  let waking = false
  let notifyIdle = () => {}

  const reader = createReader({ redis, blocking, group, consumer, lanes: readable, heal, log })
  const renewing = setInterval(renewAll, lease / 6)

  /** A lane that has old events to take on gets no new ones meanwhile. */
  function readable(): readonly Lane[] {
    return lanes.filter((lane) => !keepers.get(lane)?.hungry)
  }

  /** Until Redis answers. An event whose lease runs out meanwhile is fenced off when it does. */
  async function persist<T>(work: () => Promise<T>, inVain = () => givenUp): Promise<T> {
    for (;;) {
      try {
        return await work()
      } catch (error) {
        if (inVain() || !isAway(error as Error)) throw error
        await pause(RETRY_PAUSE)
      }
    }
  }

  async function renewAll(): Promise<void> {
    for (const lane of lanes) {
      await lane
        .renew(lease / 3)
        .catch((error) => log.debug({ type: lane.type, reason: messageOf(error) }, 'renewing leases failed'))
    }
  }

  async function heal(): Promise<void> {
    await Promise.all(lanes.map(healOne))
  }

  async function healOne({ type, groupLog }: Lane): Promise<void> {
    const start = await groupLog.ensure('0')
    if (start === undefined) return
    metrics.healed(type)
    options.types.noteAnew(type)
    log.warn({ type, group, from: start }, 'the group was gone and has been made anew')
  }

  /** Once for all that ends in one turn. */
  function wake(): void {
    if (waking) return
    waking = true
    process.nextTick(() => {
      waking = false
      reader.wake()
      if (lanes.every((lane) => lane.idle)) notifyIdle()
    })
  }

  async function drained(timeout: number): Promise<boolean> {
    if (lanes.every((lane) => lane.idle)) return true
    let timer: NodeJS.Timeout | undefined
    const late = new Promise<boolean>((resolve) => {
      timer = setTimeout(() => resolve(false), timeout)
    })
    const idle = new Promise<boolean>((resolve) => {
      notifyIdle = () => resolve(true)
    })
    const done = await Promise.race([idle, late])
    clearTimeout(timer)
    return done
  }

  return {
    get types() {
      return lanes.map((lane) => lane.type)
    },
    async add({ type, handler, from, ...settings }) {
      if (lanes.some((lane) => lane.type === type))
        throw busError('BUS_STATE', `${type} has a handler already`, { field: 'type' })
      const stream = streamKey(type)
      const groupLog = createGroupLog({
        ...{ redis, cluster, type, group, consumer, lease },
        dedupeWindow: options.dedupeWindow,
      })
      const lane: Lane = createLane({
        ...{ type, stream, group, consumer, groupLog, handler, metrics, log, persist },
        tracer: options.tracer,
        ...settings,
        schemas: options.schemas,
        replier: options.replier,
        onFree() {
          keeper.freed()
          wake()
        },
        onLostGroup: () => {
          healOne(lane).catch((error) =>
            log.debug({ type, reason: messageOf(error) }, 'making the group anew failed'),
          )
        },
        onDeferred: (due) => keeper.sweepAt(due),
      })
      const keeper = createKeeper({
        lane,
        trimmer: options.trimmer,
        metrics,
        group,
        heal: () => healOne(lane),
        onSated: () => reader.wake(),
        log,
      })
      await persist(
        () => groupLog.ensure(from),
        () => stopping,
      )
      if (stopping) return
      options.types.note(type)
      keepers.set(lane, keeper)
      lanes = [...lanes, lane]
      await keeper.sweepNow()
      reader.wake()
    },
    async stop(drainTimeout) {
      stopping = true
      await Promise.all([reader.stop(), ...[...keepers.values()].map((keeper) => keeper.stop())])
      const done = await drained(drainTimeout)
      givenUp = true
      if (!done) log.warn({ group, consumer }, 'handlers did not finish in time: their events are given back')
      await Promise.all(lanes.map((lane) => lane.release()))
      if (!done) await drained(ABORT_GRACE)
      clearInterval(renewing)
      await Promise.all(lanes.map((lane) => lane.groupLog.removeIdle(FORGOTTEN, true).catch(() => {})))
    },
  }
}
