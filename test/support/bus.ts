import { afterAll, afterEach, beforeAll, beforeEach } from 'vitest'
import {
  createEventBus,
  type EventBus,
  type EventBusOptions,
  groupKeys,
  type StartOptions,
  type SubscribeOptions,
  streamKey,
} from '../../src/runtime/bus/index.ts'
import { createCloser } from '../../src/runtime/kernel/index.ts'
import type { RedisClient } from '../../src/runtime/platform/redis/index.ts'
import { type RawEntry, type StreamEntry, toEntry } from '../../src/runtime/platform/streams/index.ts'
import { eventually } from './program.ts'
import { startTestRedis, type TestRedis } from './redis.ts'

/** A type that has no schema. */
export const TYPE = 'test.happened'
export const STREAM = streamKey(TYPE)
export const GROUP = 'agent-group'
/** Retries at once, so that tests need not wait. */
export const QUICK = { backoff: { min: 1, max: 2 } }

/** A real Redis that is empty at the beginning of each test, and buses that are gone at its end. */
export interface BusScene {
  readonly server: TestRedis
  readonly redis: RedisClient
  bus(options?: Partial<EventBusOptions>): EventBus
  /** A bus with one handler, started. */
  consumer(
    handler: Handler,
    options?: SubscribeOptions & { bus?: Partial<EventBusOptions>; start?: StartOptions },
  ): Promise<EventBus>
}

type Handler = Parameters<EventBus['subscribe']>[1]

/** @param ephemeral false when the test kills the server and its data must outlive that */
export function createBusScene(ephemeral = true): BusScene {
  let server: TestRedis
  let redis: RedisClient
  let closer = createCloser()

  beforeAll(async () => {
    server = await startTestRedis(ephemeral)
    redis = server.connect()
  })
  afterAll(() => server.close())
  beforeEach(async () => {
    closer = createCloser()
    await redis.flushall()
    await redis.config('RESETSTAT')
  })
  afterEach(() => closer.close())

  function bus(options: Partial<EventBusOptions> = {}): EventBus {
    return closer.add(createEventBus({ redisUrl: server.url, ...options }), async (opened) => {
      await opened.stop({ drainTimeout: 50 })
      await opened.close()
    })
  }

  return {
    get server() {
      return server
    },
    get redis() {
      return redis
    },
    bus,
    async consumer(handler, { bus: busOptions, start, ...options } = {}) {
      const opened = bus(busOptions)
      opened.subscribe(TYPE, handler, { ...QUICK, ...options })
      await opened.start(start)
      return opened
    },
  }
}

/** Something to wait for, and to open. */
export interface Gate {
  opened: Promise<void>
  open(): void
}

export function gate(): Gate {
  const { promise, resolve } = Promise.withResolvers<void>()
  return { opened: promise, open: resolve }
}

/** What handlers have told, in order. */
export interface Notes<T> {
  readonly all: T[]
  add(note: T): void
  /** Resolves with all notes once there are so many. */
  until(count: number): Promise<T[]>
}

export function notes<T>(): Notes<T> {
  const all: T[] = []
  const waiting = new Set<() => void>()
  return {
    all,
    add(note) {
      all.push(note)
      for (const check of waiting) check()
    },
    until: (count) =>
      new Promise((resolve, reject) => {
        const timer = setTimeout(
          () => reject(new Error(`${all.length} of ${count}: ${JSON.stringify(all).slice(0, 500)}`)),
          20_000,
        )
        const check = () => {
          if (all.length < count) return
          waiting.delete(check)
          clearTimeout(timer)
          resolve(all)
        }
        waiting.add(check)
        check()
      }),
  }
}

let made = 0

/** Fields as a foreign publisher writes them. */
export function foreign(data: unknown, changes: Record<string, string> = {}): string[] {
  const fields = {
    event_id: `foreign-${++made}`,
    event_type: TYPE,
    timestamp: '2026-01-01T12:00:00.000Z',
    data: JSON.stringify(data),
    ...changes,
  }
  return Object.entries(fields).flat()
}

/** Adds an entry with a plain XADD. */
export async function xadd(redis: RedisClient, fields: string[], stream = STREAM, id = '*'): Promise<string> {
  return (await redis.xadd(stream, id, ...fields)) as string
}

export async function entriesOf(redis: RedisClient, key = STREAM): Promise<StreamEntry[]> {
  return ((await redis.xrange(key, '-', '+')) as RawEntry[]).map(toEntry)
}

/** Pending entries as [id, consumer, idle, deliveries]. */
export async function pendingOf(redis: RedisClient, group = GROUP, stream = STREAM) {
  return (await redis.xpending(stream, group, '-', '+', 1_000)) as [string, string, number, number][]
}

/** Resolves once nothing of a group is pending. */
export async function settled(redis: RedisClient, group = GROUP, stream = STREAM): Promise<void> {
  await eventually(async () => (await pendingOf(redis, group, stream)).length === 0)
}

/** Names of a group's consumers. */
export async function consumersOf(redis: RedisClient, group = GROUP, stream = STREAM): Promise<string[]> {
  const lists = (await redis.xinfo('CONSUMERS', stream, group)) as unknown[][]
  return lists.map((list) => String(list[1])).sort()
}

/** The event ids a group remembers as handled. */
export async function handledOf(redis: RedisClient, group = GROUP): Promise<string[]> {
  const { handled, handledOld } = groupKeys(STREAM, group)
  return [...(await redis.hkeys(handled)), ...(await redis.hkeys(handledOld))]
}

/** The value of a metric with exactly these labels; undefined when it has none. */
export async function metric(
  bus: EventBus,
  name: string,
  labels: Record<string, string> = { event_type: TYPE },
): Promise<number | undefined> {
  const wanted = Object.entries(labels).map(([label, value]) => `${label}="${value}"`)
  for (const line of (await bus.metricsText()).split('\n')) {
    const [, found, texts = '', value] = /^(\w+)(?:\{(.*)\})? (\S+)$/.exec(line) ?? []
    const given = texts === '' ? [] : texts.split(',')
    if (found === name && given.length === wanted.length && wanted.every((text) => given.includes(text)))
      return Number(value)
  }
  return undefined
}

/** The least of some tries, in milliseconds: a busy machine may stop any process for seconds, but not each time. */
export async function quickest(tries: number, measure: () => Promise<number>): Promise<number> {
  let least = Number.POSITIVE_INFINITY
  for (let i = 0; i < tries; i++) least = Math.min(least, await measure())
  return least
}

/** Numbers from 0. */
export const numbers = (count: number) => Array.from({ length: count }, (_, i) => i)
