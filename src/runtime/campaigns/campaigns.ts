import { advertisedUrl, createRegistration } from '../balancer/index.ts'
import { createEventBus } from '../bus/index.ts'
import {
  AgentctlError,
  type Closer,
  createCloser,
  messageOf,
  type RoleContext,
  type RunningRole,
  withDeadline,
} from '../kernel/index.ts'
import { exposureOf, startHttpServer } from '../platform/http/index.ts'
import { createMetrics } from '../platform/metrics/index.ts'
import {
  asUnreachable,
  connectRedis,
  disconnectRedis,
  parseRedisUrl,
  type RedisClient,
  redisUrlOf,
} from '../platform/redis/index.ts'
import {
  asDatabaseError,
  type Database,
  databaseUrlOf,
  openDatabase,
  prepareDatabase,
  sqlError,
} from '../platform/sql/index.ts'
import { exposeTracing } from '../platform/tracing/index.ts'
import { version } from '../version.ts'
import { CAMPAIGNS_POOL } from './keys.ts'
import type { CampaignsOptions } from './options.ts'
import { checkPassword } from './password.ts'
import { createProcessing } from './processing/processing.ts'
import { type CampaignTables, migrations, ROOM } from './schema.ts'
import { createRequests } from './service/drain.ts'
import { createGate } from './service/gate.ts'
import { namedSchemas } from './service/named-schemas.ts'
import { addRoutes } from './service/routes.ts'

/** Milliseconds one statement may take. */
const STATEMENT_TIMEOUT = 30_000
/** Milliseconds a transaction may wait for us, at least: one of them waits for Redis. */
const IDLE_TRANSACTION = 10_000
/** Connections for requests, and for processors what these need. */
const connectionsFor = (processors: number) => 8 + (processors > 0 ? 2 * processors + 2 : 0)

/**
 * Starts the campaigns service. The database may be away: the role comes up, and answers 503 until it is there. Redis may be
 * away as well: then nobody finds it by way of the balancer, and announcements wait.
 * @throws AgentctlError CAMPAIGNS_PASSWORD_WEAK, DATABASE_URL_MISSING, DATABASE_URL_INVALID, DATABASE_REFUSED,
 *   REDIS_URL_INVALID, BALANCER_URL_INVALID, HTTP_PORT_IN_USE, HTTP_ADDRESS_INVALID
 */
export async function startCampaigns(options: CampaignsOptions, context: RoleContext): Promise<RunningRole> {
  const weak = checkPassword(options)
  const redisUrl = redisUrlOf(options)
  parseRedisUrl(redisUrl)
  const databaseUrl = databaseUrlOf(options)
  if (databaseUrl === undefined)
    throw sqlError('DATABASE_URL_MISSING', 'campaigns needs a database', { field: 'databaseUrl' })
  if (weak) context.log.info('anybody knows this password: set API_PASSWORD before others can connect')
  const closer = createCloser()
  try {
    return await open({ options, context, redisUrl, databaseUrl, closer })
  } catch (error) {
    await closer.close()
    throw error
  }
}

interface Opening {
  options: CampaignsOptions
  context: RoleContext
  redisUrl: string
  databaseUrl: string
  closer: Closer
}

async function open({
  options,
  context: { log, name, socket, tracer },
  redisUrl,
  databaseUrl,
  closer,
}: Opening): Promise<RunningRole> {
  const { host, port, bodyLimit, processors } = options
  const metrics = createMetrics('campaigns')
  exposeTracing(metrics, tracer)
  const database = closer.add(
    openDatabase<CampaignTables>({
      ...{ url: databaseUrl, name, log },
      max: connectionsFor(processors),
      timeout: STATEMENT_TIMEOUT,
      idleTransaction: Math.max(options.lease, IDLE_TRANSACTION),
      // Well within the lease: events whose campaign somebody holds are given back, not taken over.
      lockTimeout: Math.ceil(options.lease / 3),
    }),
    (opened) => opened.close(),
  )
  await checkAccess(database)
  const redis = closer.add(connectRedis({ url: redisUrl, purpose: 'request', name, log }), disconnectRedis)
  // Nobody subscribes over this bus: its second connection is never used.
  const connections = { redis, subscriber: redis }
  const bus = createEventBus({ redisUrl, name, log, metrics, tracer, connections })
  closer.add(bus, () => bus.close())
  const { batch, lease, maxAttempts, poll } = options
  const processing = createProcessing({
    ...{ db: database.db, url: databaseUrl, name, bus, metrics, log },
    ...{ processors, batch, lease, maxAttempts, poll },
  })
  closer.add(processing, () => processing.stop(options.drainTimeout))

  const gate = createGate()
  const stopping = new AbortController()
  const starting = prepareDatabase({
    ...{ database, room: ROOM, migrations, url: databaseUrl, log },
    signal: stopping.signal,
  })
    .then(() => {
      gate.open()
      processing.start()
    })
    .catch((error) => {
      if (!stopping.signal.aborted) log.error({ err: error }, 'campaigns could not begin')
    })
  closer.add(starting, async () => {
    stopping.abort()
    await starting
  })

  const requests = createRequests()
  const server = await startHttpServer(
    {
      title: 'agentctl campaigns',
      description: 'Campaigns, their rules, and what events earn by them.',
      ...{ version, host, port, socket, bodyLimit, metrics, tracer, log },
      ...exposureOf(options),
      checks: { database: () => checkTables(database, gate.check), redis: () => checkRedis(redis) },
      translate: (error) => asDatabaseError(error, databaseUrl) ?? asUnreachable(error),
      security: { basic: { type: 'http', scheme: 'basic' } },
      schemas: namedSchemas(),
    },
    (app) => addRoutes(app, { db: database.db, processing, gate, requests, options }),
  )
  closer.add(server, () => server.close())
  closer.add(requests, () =>
    withDeadline(requests.drained(), options.drainTimeout, 'answering what is under way').catch((error) =>
      log.warn({ reason: messageOf(error) }, 'requests were cut off'),
    ),
  )
  const advertised = advertisedUrl(options.advertiseUrl, host, server.url)
  const registration = createRegistration({ redis, pool: CAMPAIGNS_POOL, url: advertised, log })
  closer.add(registration, () => registration.close())
  return {
    facts: {
      url: server.url,
      docs: `${server.url}/docs`,
      processors: String(processors),
      ...(advertised === server.url ? {} : { advertised }),
    },
    metrics: () => metrics.text(),
    async leave(how) {
      // Whoever chooses a replica from now on chooses another one, unless a successor is where this one was.
      await registration.close(how.succeeded)
      await server.leave(how)
    },
    stop: () => closer.close(),
  }
}

/** A database that is away may come; one that refuses us does so until a person corrects something. */
async function checkAccess(database: Database<CampaignTables>): Promise<void> {
  try {
    await database.ping()
  } catch (error) {
    if (error instanceof AgentctlError && error.code === 'DATABASE_REFUSED') throw error
  }
}

async function checkTables(database: Database<CampaignTables>, check: () => void): Promise<void> {
  await database.ping()
  check()
}

/** Without Redis, announcements wait, and the balancer does not know of this replica. */
async function checkRedis(redis: RedisClient): Promise<unknown> {
  try {
    return await redis.ping()
  } catch (error) {
    return { degraded: messageOf(error) }
  }
}
