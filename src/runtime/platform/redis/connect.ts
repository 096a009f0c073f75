import { Cluster, Redis, type RedisOptions } from 'ioredis'
import { type Logger, maskUrl } from '../../kernel/index.ts'
import { denied, isDenied, redisError } from './errors.ts'
import { cutWhenSilent, settleWhenConnected } from './failover.ts'
import { slotOf } from './slot.ts'
import { parseRedisUrl, type RedisTarget } from './target.ts'
import { tlsOf } from './tls.ts'
import { writeTogether } from './write-together.ts'

/** Single server, Sentinel-managed or cluster: the commands are the same. */
export type RedisClient = Redis | Cluster

/**
 * How a connection is used.
 * - `request`: on behalf of somebody who waits; fails within seconds when Redis is away.
 * - `worker`: work that must not be lost; waits for Redis as long as it takes.
 * - `subscriber`: pub/sub; resubscribes by itself.
 * - `cache`: what can be done without; fails within 200 ms, and at once while there is no connection, the first
 *   included: wait for `ready` where that matters.
 */
export type Purpose = 'request' | 'worker' | 'subscriber' | 'cache'

/** The library types its options without `undefined` for this one field. */
type Options = RedisOptions & { replyMapping?: 'legacy' }

const PURPOSES: Record<Purpose, Options> = {
  request: { maxRetriesPerRequest: 3, commandTimeout: 5_000 },
  worker: { maxRetriesPerRequest: null },
  subscriber: { maxRetriesPerRequest: null },
  cache: { maxRetriesPerRequest: 1, commandTimeout: 200, enableOfflineQueue: false },
}

/** Milliseconds for the answer to where the data is, after which the next one is asked. */
const LOOKUP_TIMEOUT = 2_000
/** Milliseconds after which a cluster is asked again where its slots are. */
const SLOTS_INTERVAL = 5_000

/** The last of these is what WAIT is told where a replica has just taken over. */
const MOVED = /^(MOVED|ASK|TRYAGAIN) |cannot be used with replica/
/** Seconds in which a server that is there answers. */
const ANSWERED_WITHIN = 5
/** The same where commands block: BullMQ has them do so for up to ten. */
const UNBLOCKED_WITHIN = 12

export interface ConnectOptions {
  url: string
  purpose: Purpose
  /** Shown by `CLIENT LIST`. */
  name: string
  log: Logger
}

/** Opens a client that reconnects for ever with growing pauses; connection errors are logged, not thrown. */
export function connectRedis({ url, purpose, name, log }: ConnectOptions): RedisClient {
  const target = parseRedisUrl(url)
  const common: Options = {
    connectionName: `agentctl:${name}`.replace(/[^\x21-\x7e]/g, '-'),
    retryStrategy: reconnectDelay,
    enableReadyCheck: true,
    reconnectOnError,
    ...loginOf(target),
    ...PURPOSES[purpose],
  }
  const client =
    target.mode === 'cluster' ? openCluster(target, common) : new Redis(singleOptions(target, common))
  eachConnection(client, (node) => {
    writeTogether(node)
    cutWhenSilent(node, ANSWERED_WITHIN)
  })
  watchCopies(client)
  reportErrors(client, url, log)
  return client
}

function eachConnection(client: RedisClient, prepare: (node: Redis) => void): void {
  if (isCluster(client)) client.on('+node', prepare)
  else prepare(client)
}

/** Queues wait for jobs with a copy of the client they are given: a server that hangs must not keep them waiting for ever. */
function watchCopies(client: RedisClient): void {
  const duplicate = client.duplicate.bind(client) as (...given: unknown[]) => RedisClient
  client.duplicate = (...given: unknown[]): never => {
    const copy = duplicate(...given)
    eachConnection(copy, (node) => cutWhenSilent(node, UNBLOCKED_WITHIN))
    if (isCluster(copy)) settleWhenConnected(copy)
    watchCopies(copy)
    return copy as never
  }
}

/**
 * After a failover a server that was the master refuses to write, lets go who blocks on it, and may have lost its own master: ask
 * again who is, and repeat the command there.
 */
function reconnectOnError(error: Error): false | 2 {
  return /^(READONLY|UNBLOCKED|MASTERDOWN) /.test(error.message) ? 2 : false
}

/** 50 ms, doubled up to 1 s, with a quarter of jitter so that clients do not come back in step. */
function reconnectDelay(attempt: number): number {
  return Math.min(1_000, 50 * 2 ** Math.min(attempt, 6)) * (0.75 + Math.random() / 4)
}

function loginOf(target: RedisTarget): Options {
  const tls = tlsOf(target)
  return {
    ...(target.username === undefined ? {} : { username: target.username }),
    ...(target.password === undefined ? {} : { password: target.password }),
    ...(tls === undefined ? {} : { tls }),
  }
}

function singleOptions(target: RedisTarget, common: Options): Options {
  const { tls, ...plain } = common
  if (target.mode === 'sentinel') {
    return {
      ...(target.tls
        ? { ...common, enableTLSForSentinelMode: true, ...(tls && { sentinelTLS: tls }) }
        : plain),
      sentinels: target.nodes,
      name: target.master ?? '',
      db: target.db,
      sentinelCommandTimeout: LOOKUP_TIMEOUT,
      ...(target.sentinelPassword === undefined ? {} : { sentinelPassword: target.sentinelPassword }),
    }
  }
  if (target.path !== undefined) return { ...common, path: target.path, db: target.db }
  const node = target.nodes[0]
  return { ...common, host: node?.host ?? '127.0.0.1', port: node?.port ?? 6379, db: target.db }
}

function openCluster(target: RedisTarget, common: Options): Cluster {
  const { retryStrategy: _, maxRetriesPerRequest, ...redisOptions } = common
  return new Cluster(target.nodes, {
    enableOfflineQueue: common.enableOfflineQueue ?? true,
    redisOptions: { ...redisOptions, maxRetriesPerRequest: maxRetriesPerRequest ?? null },
    clusterRetryStrategy: reconnectDelay,
    slotsRefreshTimeout: LOOKUP_TIMEOUT,
    // Who only listens would not hear that the server it listens to is no longer part of the cluster.
    slotsRefreshInterval: SLOTS_INTERVAL,
    // Work that must not be lost waits until a replica has taken over.
    ...(maxRetriesPerRequest === null ? { maxRedirections: Number.MAX_SAFE_INTEGER } : {}),
  })
}

/** Says once that Redis is away and once that it is back, instead of a line for every attempt. */
function reportErrors(client: RedisClient, url: string, log: Logger): void {
  let away = false
  client.on('error', (error: Error) => {
    if (away) return
    away = true
    log.warn(
      { redis: maskUrl(url), reason: error.message || (error as NodeJS.ErrnoException).code },
      isDenied(error) ? 'Redis refuses this user, trying again' : 'Redis is away, reconnecting',
    )
  })
  client.on('ready', () => {
    if (away) log.info({ redis: maskUrl(url) }, 'Redis is back')
    away = false
  })
}

/**
 * Resolves once Redis answers a PING.
 * @throws AgentctlError REDIS_UNREACHABLE after `timeout` milliseconds, REDIS_DENIED at once.
 */
export async function waitForRedis(client: RedisClient, url: string, timeout: number): Promise<void> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(
      () =>
        reject(redisError('REDIS_UNREACHABLE', `${maskUrl(url)} did not answer within ${timeout / 1000} s`)),
      timeout,
    )
  })
  try {
    await Promise.race([pingUntilAnswered(client), late])
  } finally {
    clearTimeout(timer)
  }
}

async function pingUntilAnswered(client: RedisClient): Promise<void> {
  for (;;) {
    if (client.status === 'end') return
    try {
      await client.ping()
      return
    } catch (error) {
      // Waiting does not change whom a server knows.
      if (isDenied(error as Error)) throw denied(error as Error)
      await new Promise((again) => setTimeout(again, 100))
    }
  }
}

/** Closes a client whatever state it is in; never waits for a server that is away. */
export async function disconnectRedis(client: RedisClient): Promise<void> {
  if (client.status === 'ready')
    await Promise.race([client.quit().catch(() => {}), new Promise((done) => setTimeout(done, 500).unref())])
  client.disconnect()
}

/**
 * The connection to the server that has a key now, for commands that are about a server and not about a key, such as WAIT.
 * In a cluster it does not follow redirections, and is not made anew when it breaks: both are errors.
 */
export async function connectionOf(client: RedisClient, key: string): Promise<Redis> {
  if (!isCluster(client)) return client
  if (client.status !== 'ready') await client.ping()
  const owner = client.slots[slotOf(key)]?.[0]
  const node = client.nodes('master').find(({ options }) => `${options.host}:${options.port}` === owner)
  if (node) return node
  client.refreshSlotsCache()
  throw new Error('CLUSTERDOWN no server is known for the slot')
}

/** Whether a server of a cluster has said that the key is elsewhere, or that it no longer leads; who does is then asked anew. */
export function isMoved(client: RedisClient, error: unknown): boolean {
  if (!isCluster(client) || !MOVED.test((error as Error).message)) return false
  client.refreshSlotsCache()
  return true
}

export function isCluster(client: RedisClient): client is Cluster {
  return client.isCluster === true
}
