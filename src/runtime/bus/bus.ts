import { randomBytes } from 'node:crypto'
import { hostname } from 'node:os'
import { createCloser, type Logger, type Tracer } from '../kernel/index.ts'
import { createLogger } from '../platform/log/index.ts'
import { createMetrics, type Metrics } from '../platform/metrics/index.ts'
import { connectRedis, disconnectRedis, type Purpose, type RedisClient } from '../platform/redis/index.ts'
import { passingTracer } from '../platform/tracing/index.ts'
import type { Backoff } from './backoff.ts'
import { type Consumer, createConsumer, type Subscription } from './consumer.ts'
import { busError } from './errors.ts'
import type { EventHandler } from './event.ts'
import { addGroupGauges } from './gauges.ts'
import { type HistoryOptions, type HistoryPage, readHistory } from './history.ts'
import { checkEventType } from './keys.ts'
import { createBusMetrics } from './metrics.ts'
import { entryIdBefore } from './places.ts'
import { createPublisher, type Durability, type PublishOptions, type Receipt } from './publisher.ts'
import { type ReplayOptions, type ReplayResult, replayEvents } from './replay.ts'
import { createReplier } from './replier.ts'
import { createRequester, type Reply, type Requester, type RequestOptions } from './requester.ts'
import { createSchemaRegistry, type SchemaRegistry } from './schemas.ts'
import { createTrimmer } from './trimmer.ts'
import { createTypeRegistry } from './type-registry.ts'

export interface EventBusOptions {
  redisUrl: string
  /** For `CLIENT LIST`, and the beginning of the consumer's name. */
  name?: string
  /** Entries kept of each type, about (10,000). */
  maxLength?: number
  /** Milliseconds for which entries are kept; for ever when left out. */
  maxAge?: number
  /** Length above which even entries are trimmed that a group still needs (ten times `maxLength`). */
  hardCap?: number
  /** Milliseconds for which published and handled event ids are remembered (one hour). */
  dedupeWindow?: number
  /** For publications that say nothing themselves: replicas, or the disk, that must have them. */
  durable?: Durability | undefined
  /** Where its metrics go; a registry of its own when left out. */
  metrics?: Metrics
  /** Records how events are handled; without one their traces pass through. */
  tracer?: Tracer | undefined
  /** Silent when left out. */
  log?: Logger
  /** Connections to use instead of own ones; they are not closed. `subscriber` is used for SUBSCRIBE only. */
  connections?: { redis: RedisClient; subscriber: RedisClient }
}

export interface SubscribeOptions {
  /** Handlers at once (10). With 1, events are handled one after the other, in the order of the stream. */
  concurrency?: number
  /** Deliveries after which an event that keeps failing goes to the dead letters (5). */
  maxDeliveries?: number
  /** Pauses between deliveries, in milliseconds (500, doubled up to 60,000). */
  backoff?: Partial<Backoff>
  /** Milliseconds one handling may take; as long as it likes when left out. */
  timeout?: number
  /** Where a group that does not exist yet begins: `first` (default), `new`, after an entry id, or at a time. */
  from?: 'first' | 'new' | string
}

export interface StartOptions {
  /** Consumer group (`agent-group`). */
  group?: string
  /** This consumer's name, unique in the group; made up when left out. */
  consumer?: string
  /** Milliseconds after which a consumer that crashed or hangs loses its events to others (30,000). */
  lease?: number
}

/** Events over Redis Streams: at least once for each group, in order, deduplicated by event id. */
export interface EventBus {
  /**
   * Publishes an event.
   * @returns its event id
   * @throws AgentctlError EVENT_TYPE_INVALID, EVENT_ID_INVALID, EVENT_DATA_INVALID, EVENT_TOO_LARGE, EVENT_NOT_DURABLE,
   * EVENT_DURABILITY_UNSUPPORTED, REDIS_UNREACHABLE
   */
  publish(type: string, data: unknown, options?: PublishOptions): Promise<string>
  /** The same, and tells the entry id and whether the event was there already. */
  send(type: string, data: unknown, options?: PublishOptions): Promise<Receipt>
  /**
   * Publishes an event and waits for what a handler returns.
   * @throws AgentctlError EVENT_REQUEST_TIMEOUT, EVENT_REQUEST_FAILED, and those of `publish`
   */
  request<T = unknown>(
    type: string,
    data: Record<string, unknown>,
    options?: RequestOptions,
  ): Promise<Reply<T>>
  /**
   * Has a handler called for each event of a type, from `start()` on.
   * @throws AgentctlError EVENT_TYPE_INVALID, BUS_STATE when the type has a handler already
   */
  subscribe<T = unknown>(type: string, handler: EventHandler<T>, options?: SubscribeOptions): void
  /** Joins the group and begins to consume; waits for Redis as long as it takes. */
  start(options?: StartOptions): Promise<void>
  /** Takes no more events, lets handlers finish for `drainTimeout` milliseconds (30,000) and gives back the rest. */
  stop(options?: { drainTimeout?: number }): Promise<void>
  /** @throws AgentctlError EVENT_TYPE_INVALID, EVENT_CURSOR_INVALID */
  history(type: string, options?: HistoryOptions): Promise<HistoryPage>
  /** @throws AgentctlError EVENT_REPLAY_STOPPED, EVENT_TYPE_INVALID, EVENT_CURSOR_INVALID */
  replay<T = unknown>(type: string, options: ReplayOptions<T>): Promise<ReplayResult>
  readonly schemas: SchemaRegistry
  /** Prometheus text. */
  metricsText(): Promise<string>
  /** Stops and closes every connection. */
  close(): Promise<void>
}

export const DEFAULT_GROUP = 'agent-group'
const MAX_LENGTH = 10_000
const DEDUPE_WINDOW = 3_600_000
const DRAIN_TIMEOUT = 30_000
const LEASE = 30_000
const BACKOFF: Backoff = { min: 500, max: 60_000 }

/** @throws AgentctlError REDIS_URL_INVALID */
export function createEventBus(options: EventBusOptions): EventBus {
  const {
    name = 'bus',
    maxLength = MAX_LENGTH,
    dedupeWindow = DEDUPE_WINDOW,
    tracer = passingTracer,
  } = options
  const log = options.log ?? createLogger({ level: 'silent', bindings: {} })
  const registry = options.metrics ?? createMetrics()
  const metrics = createBusMetrics(registry)
  const closer = createCloser()
  const subscriptions = new Map<string, Subscription>()
  let consumer: Consumer | undefined
  let starting: Promise<void> | undefined
  let blocking: RedisClient | undefined
  let durable: RedisClient | undefined
  let requester: Requester | undefined
  let closed = false

  function connect(purpose: Purpose, role: string): RedisClient {
    const suffix = role === '' ? '' : `:${role}`
    return closer.add(
      connectRedis({ url: options.redisUrl, purpose, name: `${name}${suffix}`, log }),
      disconnectRedis,
    )
  }

  const redis = options.connections?.redis ?? connect('request', '')
  const schemas = createSchemaRegistry({ redis, log })
  const retention = { maxLength, maxAge: options.maxAge, hardCap: options.hardCap ?? 10 * maxLength }
  const trimmer = createTrimmer({ redis, retention, metrics, log })
  const types = createTypeRegistry(redis)
  const publisher = createPublisher({
    ...{ redis, schemas, trimmer, types, metrics, dedupeWindow },
    durability: options.durable,
    durable() {
      durable ??= connect('request', 'durable')
      return durable
    },
  })
  const gauges = addGroupGauges(registry, redis)

  function checkOpen(): void {
    if (closed) throw busError('BUS_STATE', 'the bus is closed')
  }

  async function start({ group = DEFAULT_GROUP, consumer: own, lease = LEASE }: StartOptions): Promise<void> {
    blocking ??= connect('worker', 'read')
    const fresh = createConsumer({
      ...{ redis, blocking, group, lease, dedupeWindow, schemas, trimmer, types, metrics, tracer, log },
      consumer: own ?? `${name}-${hostname()}-${process.pid}-${randomBytes(3).toString('hex')}`,
      replier: createReplier(redis),
    })
    consumer = fresh
    gauges.watch(group, () => fresh.types)
    for (const subscription of [...subscriptions.values()]) await fresh.add(subscription)
  }

  async function stop(drainTimeout: number): Promise<void> {
    const [running, began] = [consumer, starting]
    consumer = undefined
    await running?.stop(drainTimeout)
    await began?.catch(() => {})
    if (blocking && blocking.status !== 'ready') blocking = undefined // closed by the reader, as Redis was away
    if (starting === began) starting = undefined
  }

  return {
    schemas,
    async publish(type, data, sending) {
      checkOpen()
      return (await publisher.send(type, data, sending)).eventId
    },
    async send(type, data, sending) {
      checkOpen()
      return publisher.send(type, data, sending)
    },
    async request<T>(type: string, data: Record<string, unknown>, requesting?: RequestOptions) {
      checkOpen()
      const subscriber = options.connections?.subscriber
      requester ??= createRequester({
        redis,
        publisher,
        log,
        subscriber: subscriber ?? connect('subscriber', 'sub'),
      })
      return requester.request<T>(type, data, requesting)
    },
    subscribe(type, handler, given = {}) {
      checkOpen()
      checkEventType(type)
      if (subscriptions.has(type))
        throw busError('BUS_STATE', `${type} has a handler already`, { field: 'type' })
      const subscription = toSubscription(type, handler as EventHandler, given)
      subscriptions.set(type, subscription)
      consumer
        ?.add(subscription)
        .catch((error) => log.error({ type, err: error }, 'a subscription could not be started'))
    },
    async start(starting_ = {}) {
      checkOpen()
      if (starting) throw busError('BUS_STATE', 'it has been started already')
      starting = start(starting_)
      await starting
    },
    stop: ({ drainTimeout = DRAIN_TIMEOUT } = {}) => stop(drainTimeout),
    history: (type, reading) => readHistory(redis, type, reading),
    replay: (type, replaying) => replayEvents(redis, type, replaying, log),
    metricsText: () => registry.text(),
    async close() {
      if (closed) return
      closed = true
      await stop(DRAIN_TIMEOUT)
      requester?.close()
      await closer.close()
    },
  }
}

function toSubscription(type: string, handler: EventHandler, options: SubscribeOptions): Subscription {
  const { concurrency = 10, maxDeliveries = 5, backoff, timeout, from = 'first' } = options
  for (const [name, value] of Object.entries({ concurrency, maxDeliveries })) {
    if (!Number.isInteger(value) || value < 1)
      throw busError('BUS_STATE', `${name} is ${value}, it must be a whole number from 1`, { field: name })
  }
  const start = from === 'first' ? '0' : from === 'new' ? '$' : entryIdBefore(from, 'from')
  return {
    type,
    handler,
    concurrency,
    maxDeliveries,
    timeout,
    backoff: { ...BACKOFF, ...backoff },
    from: start,
  }
}
