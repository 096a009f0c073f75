import { createEventBus } from '../bus/index.ts'
import { ensureStorageGroup, openRecords } from '../evaluation/index.ts'
import { AgentctlError, createCloser, type RoleContext, type RunningRole } from '../kernel/index.ts'
import { createMetrics, type Metrics } from '../platform/metrics/index.ts'
import {
  asUnreachable,
  connectRedis,
  disconnectRedis,
  parseRedisUrl,
  redisUrlOf,
  waitForRedis,
} from '../platform/redis/index.ts'
import {
  type Database,
  databaseUrlOf,
  openDatabase,
  prepareDatabase,
  sqlError,
} from '../platform/sql/index.ts'
import { exposeTracing } from '../platform/tracing/index.ts'
import { version } from '../version.ts'
import { createConsumption } from './consume.ts'
import type { StorageOptions } from './options.ts'
import { migrations, ROOM, type StorageTables } from './schema.ts'

const REDIS_TIMEOUT = 10_000
/** Milliseconds one statement may take, after which it is tried again. */
const STATEMENT_TIMEOUT = 60_000
/** One writes, others are for migrations and signs of life. */
const CONNECTIONS = 3

/**
 * Starts storage. The database may be away: the role comes up, and begins once it is there.
 * @throws AgentctlError DATABASE_URL_MISSING, DATABASE_URL_INVALID, DATABASE_REFUSED, REDIS_URL_INVALID, REDIS_UNREACHABLE
 */
export async function startStorage(
  options: StorageOptions,
  { log, name, tracer }: RoleContext,
): Promise<RunningRole> {
  const redisUrl = redisUrlOf(options)
  parseRedisUrl(redisUrl)
  const url = databaseUrlOf(options)
  if (url === undefined)
    throw sqlError('DATABASE_URL_MISSING', 'storage needs a database', { field: 'databaseUrl' })
  const closer = createCloser()
  try {
    const metrics = createMetrics(options.metricsPort === undefined ? undefined : 'storage')
    exposeTracing(metrics, tracer)
    const database = closer.add(
      openDatabase<StorageTables>({ url, name, max: CONNECTIONS, timeout: STATEMENT_TIMEOUT, log }),
      (opened) => opened.close(),
    )
    await checkAccess(database)
    const redis = closer.add(connectRedis({ url: redisUrl, purpose: 'request', name, log }), disconnectRedis)
    await waitForRedis(redis, redisUrl, REDIS_TIMEOUT)
    // From now on the bus keeps events for us, whenever the database is there.
    await ensureStorageGroup(redis)
    // Nobody makes requests over this bus: nothing is ever subscribed to.
    const bus = createEventBus({
      ...{ redisUrl, name, log, metrics, tracer, connections: { redis, subscriber: redis } },
    })
    closer.add(bus, () => bus.close())
    const stopping = new AbortController()
    const prepare = () =>
      prepareDatabase({ database, room: ROOM, migrations, url, log, signal: stopping.signal })
    const consumption = createConsumption({
      ...{ bus, redis, db: database.db, prepare, batch: options.batch, metrics, log },
      records: await openRecords(redis),
    })
    const starting = prepare()
      .then(() => consumption.start())
      .catch((error) => {
        if (!stopping.signal.aborted) log.error({ err: error }, 'storage could not begin')
      })
    closer.add(consumption, async () => {
      stopping.abort()
      await starting
      await consumption.stop(options.drainTimeout)
    })
    const facts: Record<string, string> = { batch: String(options.batch) }
    if (options.metricsPort !== undefined) {
      const server = await serveMetrics(options, metrics, log, {
        redis: () => redis.ping(),
        database: () => database.ping(),
      })
      closer.add(server, () => server.close())
      facts.metrics = `${server.url}/metrics`
    }
    return { facts, metrics: () => metrics.text(), stop: () => closer.close() }
  } catch (error) {
    await closer.close()
    throw error
  }
}

/** A database that is away may come; one that refuses us does so until a person corrects something. */
async function checkAccess(database: Database<StorageTables>): Promise<void> {
  try {
    await database.ping()
  } catch (error) {
    if (error instanceof AgentctlError && error.code === 'DATABASE_REFUSED') throw error
  }
}

/** Loaded only where it is wanted: a server would double the memory. */
async function serveMetrics(
  options: StorageOptions,
  metrics: Metrics,
  log: RoleContext['log'],
  checks: Record<string, () => Promise<unknown>>,
) {
  const { startHttpServer } = await import('../platform/http/index.ts')
  return startHttpServer(
    {
      title: 'agentctl storage',
      description: 'Health and metrics of storage.',
      version,
      host: options.metricsHost,
      port: options.metricsPort ?? 0,
      bodyLimit: 1_024,
      checks,
      translate: asUnreachable,
      metrics,
      log,
    },
    () => {},
  )
}
