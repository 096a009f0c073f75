import { randomUUID } from 'node:crypto'
import { setTimeout as pause } from 'node:timers/promises'
import { messageOf } from '../kernel/index.ts'
import {
  asUnreachable,
  type Batcher,
  connectionOf,
  createBatcher,
  isAway,
  isMoved,
  loadScript,
  type RedisClient,
  redisError,
} from '../platform/redis/index.ts'
import { currentTraceparent, inSpan } from '../platform/tracing/index.ts'
import { checkEventId, encodeData } from './envelope.ts'
import { busError } from './errors.ts'
import { checkEventType, publishedKeys, streamKey } from './keys.ts'
import type { BusMetrics } from './metrics.ts'
import { DEDUPE_LIMIT } from './remembered.ts'
import type { SchemaRegistry } from './schemas.ts'
import { publishing } from './spans.ts'
import type { Trimmer } from './trimmer.ts'
import type { TypeRegistry } from './type-registry.ts'

const publishScript = loadScript(import.meta.url, 'publish', 3)

export interface PublishOptions {
  /** Makes a repeat harmless: an event of the same type and id is stored once (within the dedupe window). */
  eventId?: string
  /** The same thing under the name it has for requests; `eventId` goes first. */
  correlationId?: string
  /** Version of the schema; the newest when left out. */
  version?: string
  /** W3C trace context; that of the work under way when left out, such as of the event being handled. */
  traceparent?: string
  /** Returns only when the event is on so many more servers, or on disk. */
  durable?: Durability
  /** Milliseconds for which to try while Redis cannot be reached. */
  timeout?: number
}

export interface Durability {
  /** Replicas that must have it (WAIT). */
  replicas?: number
  /** The append-only file of the master, and of `replicas` replicas, must have it (WAITAOF, Redis 7.2). */
  aof?: boolean
  /** Milliseconds to wait for them (1,000), at most 4,000. */
  timeout?: number
}

export interface Receipt {
  eventId: string
  entryId: string
  /** The event was there already. */
  duplicate: boolean
}

/** What makes an event a request. */
export interface Envelope {
  response_stream: string
  response_deadline: number
}

export interface Publisher {
  /**
   * Adds an event to its stream. While Redis is away it tries again, under the same event id, until `timeout`.
   * @param envelope goes into the data, and is no part of what a schema describes
   * @throws AgentctlError EVENT_TYPE_INVALID, EVENT_ID_INVALID, EVENT_DATA_INVALID, EVENT_TOO_LARGE, EVENT_NOT_DURABLE,
   * EVENT_DURABILITY_UNSUPPORTED, REDIS_UNREACHABLE
   */
  send(type: string, data: unknown, options?: PublishOptions, envelope?: Envelope): Promise<Receipt>
}

export interface PublisherOptions {
  redis: RedisClient
  /** A connection for WAIT, which holds up everything behind it; opened when first needed. */
  durable(): RedisClient
  /** Of publications that say nothing themselves. */
  durability?: Durability | undefined
  schemas: SchemaRegistry
  trimmer: Trimmer
  types: TypeRegistry
  metrics: BusMetrics
  /** Milliseconds for which published ids are remembered. */
  dedupeWindow: number
}

/** Events in one call of the script: few enough that Redis works on one call while the next is made. */
const BATCH = 16
const TIMEOUT = 10_000
const DURABLE_TIMEOUT = 1_000
/** A connection that is silent for longer counts as dead. */
const MAX_DURABLE_TIMEOUT = 4_000
const RETRY_PAUSE = 100

/** What goes over the wire of one event. */
interface Sealed {
  eventId: string
  timestamp: string
  data: string
  version: string
  traceparent: string
}

type Added = Pick<Receipt, 'entryId' | 'duplicate'>

export function createPublisher(options: PublisherOptions): Publisher {
  const { redis, schemas, trimmer, types, metrics, dedupeWindow } = options
  const batchers = new Map<string, Batcher<Sealed, Added>>()
  let durableConnection: RedisClient | undefined
  /** How often that connection was lost. */
  let cuts = 0

  function batcherOf(type: string): Batcher<Sealed, Added> {
    const known = batchers.get(type) ?? createBatcher(BATCH, (events) => add(redis, type, events))
    batchers.set(type, known)
    return known
  }

  async function add(client: RedisClient, type: string, events: readonly Sealed[]): Promise<Added[]> {
    const stream = streamKey(type)
    const args: (string | number)[] = [dedupeWindow, DEDUPE_LIMIT, type]
    for (const { eventId, timestamp, data, version, traceparent } of events) {
      args.push(eventId, timestamp, data, version, traceparent)
    }
    const receipts = (await publishScript(client, [stream, ...publishedKeys(stream)], args)) as string[]
    trimmer.count(type, events.length)
    return receipts.map((receipt) => ({ entryId: receipt.slice(1), duplicate: receipt.startsWith('=') }))
  }

  function durableClient(): RedisClient {
    if (!durableConnection) {
      durableConnection = options.durable()
      durableConnection.on('close', () => {
        cuts++
      })
    }
    return durableConnection
  }

  /** WAIT is about what its own connection has written before: it must not be sent again over another one. */
  async function addDurably(type: string, event: Sealed, durability: Durability): Promise<Added> {
    const { replicas = 0, aof = false } = durability
    const timeout = Math.min(durability.timeout ?? DURABLE_TIMEOUT, MAX_DURABLE_TIMEOUT)
    const client = durableClient()
    const before = cuts
    let added: Added | undefined
    let missing: string
    try {
      const connection = await connectionOf(client, streamKey(type))
      // One after the other: a script that the server does not know yet is sent a second time.
      ;[added] = await add(connection, type, [event])
      missing = await confirm(connection, replicas, aof, timeout)
    } catch (cause) {
      if (isMoved(client, cause)) throw new Error('CLUSTERDOWN the slot has moved', { cause })
      throw cause
    }
    if (cuts !== before) throw new Error('Connection is closed: another one was asked for the confirmation')
    if (missing !== '') {
      throw busError(
        'EVENT_NOT_DURABLE',
        `event ${event.eventId} of ${type}: ${missing} within ${timeout} ms`,
      )
    }
    return added as Added
  }

  return {
    async send(type, data, sending = {}, envelope) {
      checkEventType(type)
      return inSpan(...publishing(type, 'publish'), () => send(type, data, sending, envelope))
    },
  }

  async function send(type: string, data: unknown, sending: PublishOptions, envelope?: Envelope) {
    const eventId = checkEventId(sending.eventId ?? sending.correlationId ?? randomUUID())
    const event: Sealed = {
      eventId,
      timestamp: new Date().toISOString(),
      data: encodeData(envelope ? { ...(data as object), ...envelope } : data),
      version: '',
      traceparent: sending.traceparent ?? currentTraceparent() ?? '',
    }
    const { durable = options.durability, timeout = TIMEOUT } = sending
    const deadline = performance.now() + timeout
    const added = await untilReached(deadline, async () => {
      event.version = (await schemas.check(type, sending.version, data, 'publish')) ?? ''
      return durable ? addDurably(type, event, durable) : batcherOf(type).add(event)
    })
    metrics.published(type, added.duplicate)
    types.note(type)
    return { eventId, ...added }
  }
}

/** What is missing, or ''. */
async function confirm(
  client: RedisClient,
  replicas: number,
  aof: boolean,
  timeout: number,
): Promise<string> {
  if (!aof) {
    const reached = Number(await client.call('WAIT', replicas, timeout))
    return reached >= replicas ? '' : `${reached} of ${replicas} replicas have confirmed it`
  }
  try {
    const [local, remote] = (await client.call('WAITAOF', 1, replicas, timeout)) as [number, number]
    if (local < 1) return 'the append-only file has not confirmed it'
    return remote >= replicas ? '' : `${remote} of ${replicas} replicas have it on disk`
  } catch (cause) {
    if (!/unknown command|appendonly/i.test(messageOf(cause))) throw cause
    throw busError('EVENT_DURABILITY_UNSUPPORTED', messageOf(cause), { cause, field: 'durable' })
  }
}

/** Tries again while Redis cannot be reached. What is tried must be safe to repeat. */
async function untilReached<T>(deadline: number, work: () => Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_, reject) => {
    const fail = () => reject(redisError('REDIS_UNREACHABLE', 'Redis has not answered in time'))
    timer = setTimeout(fail, deadline - performance.now())
  })
  try {
    return await Promise.race([repeatedly(deadline, work), late])
  } finally {
    clearTimeout(timer)
  }
}

async function repeatedly<T>(deadline: number, work: () => Promise<T>): Promise<T> {
  for (;;) {
    try {
      return await work()
    } catch (error) {
      const tooLate = performance.now() + RETRY_PAUSE > deadline
      if (tooLate || !isAway(error as Error)) throw asUnreachable(error as Error) ?? error
      await pause(RETRY_PAUSE)
    }
  }
}
