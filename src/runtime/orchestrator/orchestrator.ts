import { createEventBus } from '../bus/index.ts'
import { createFeatureActivity } from '../chat/index.ts'
import { createCloser, type RoleContext, type RunningRole } from '../kernel/index.ts'
import { exposureOf, startHttpServer } from '../platform/http/index.ts'
import { createMetrics } from '../platform/metrics/index.ts'
import {
  asUnreachable,
  connectRedis,
  disconnectRedis,
  parseRedisUrl,
  type RedisClient,
  redisUrlOf,
  waitForRedis,
} from '../platform/redis/index.ts'
import { exposeTracing } from '../platform/tracing/index.ts'
import { monotonicClock } from '../resilience/index.ts'
import { version } from '../version.ts'
import { showLife } from './alive.ts'
import { openPlace } from './backends/open.ts'
import { type Election, startElection } from './election/election.ts'
import { CHANGES, GROUP } from './keys.ts'
import { createLead } from './lead.ts'
import { createOrchestratorMetrics } from './metrics.ts'
import type { OrchestratorOptions } from './options.ts'
import { createOrchestratorService } from './service.ts'
import { createFeatureStore } from './store.ts'
import { takeWishes } from './wishes.ts'

const REDIS_TIMEOUT = 10_000

/**
 * Takes wishes from the bus, and while it leads, makes them come true.
 * @throws AgentctlError REDIS_URL_INVALID, REDIS_UNREACHABLE, FEATURE_BACKEND_MISSING, KUBERNETES_CONFIG_INVALID, HTTP_PORT_IN_USE
 */
export async function startOrchestrator(
  options: OrchestratorOptions,
  { log, name, socket, tracer }: RoleContext,
): Promise<RunningRole> {
  const redisUrl = redisUrlOf(options)
  parseRedisUrl(redisUrl)
  const closer = createCloser()
  try {
    const connect = (purpose: 'request' | 'subscriber', own: string) =>
      closer.add(connectRedis({ url: redisUrl, purpose, name: own, log }), disconnectRedis)
    const redis = connect('request', name)
    const subscriber = connect('subscriber', `${name}:sub`)
    await waitForRedis(redis, redisUrl, REDIS_TIMEOUT)
    const { backend, lock } = await openPlace(options, { redis, name, log })
    closer.add(backend, (opened) => opened.close())
    const metrics = createMetrics('orchestrator')
    exposeTracing(metrics, tracer)
    const store = createFeatureStore(redis)
    const activity = createFeatureActivity(redis)
    let election: Election | undefined
    const lead = createLead({
      ...{ store, backend, activity, resync: options.resync, clock: monotonicClock, log },
      metrics: createOrchestratorMetrics(metrics, store, () => election?.leading ?? false),
      followWishes: await followChanges(subscriber),
    })
    const { leaseDuration: duration } = options
    election = closer.add(startElection({ lock, duration, lead, clock: monotonicClock, log }), (started) =>
      started.close(),
    )
    // Nobody makes requests over this bus: nothing is subscribed to by it.
    const bus = createEventBus({ redisUrl, name, tracer, log, metrics, connections: { redis, subscriber } })
    closer.add(bus, () => bus.close())
    const { featureMin: min, featureMax: max, idleTimeout } = options
    const defaults = { min, max: Math.max(min, max), idleTimeout }
    takeWishes(bus, createOrchestratorService({ store, activity, defaults }))
    await bus.start({ group: GROUP })
    closer.add(bus, () => bus.stop({ drainTimeout: options.drainTimeout }))
    closer.add(await showLife(redis, name, log), (stop) => stop())
    const server = await startHttpServer(
      {
        title: 'agentctl orchestrator',
        description: 'Gives features workers of their own. It is asked over the event bus.',
        version,
        ...{ host: options.host, port: options.port, socket, bodyLimit: 1_024 },
        ...exposureOf(options),
        checks: { redis: () => redis.ping(), [backend.name]: () => backend.ping() },
        translate: asUnreachable,
        ...{ metrics, tracer, log },
      },
      () => {},
    )
    closer.add(server, () => server.close())
    return {
      facts: { url: server.url, backend: backend.name },
      metrics: () => metrics.text(),
      leave: (how) => server.leave(how),
      stop: () => closer.close(),
    }
  } catch (error) {
    await closer.close()
    throw error
  }
}

type Listener = (feature: string) => void

/** Tells of every change of what is wanted, by whichever process. */
async function followChanges(subscriber: RedisClient) {
  const listeners = new Set<Listener>()
  subscriber.on('message', (channel: string, feature: string) => {
    if (channel === CHANGES) for (const listener of listeners) listener(feature)
  })
  await subscriber.subscribe(CHANGES)
  return (listener: Listener) => {
    listeners.add(listener)
    return () => listeners.delete(listener)
  }
}
