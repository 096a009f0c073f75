import { createAccess } from '../access/index.ts'
import { createBalancer, exposeReplicas } from '../balancer/index.ts'
import { createEventBus } from '../bus/index.ts'
import { createChatService } from '../chat/index.ts'
import { createEvaluationService } from '../evaluation/index.ts'
import { createEventService } from '../events/index.ts'
import { createCloser, isLoopback, type RoleContext, type RunningRole } from '../kernel/index.ts'
import { LLM_POOL } from '../llm/index.ts'
import { BEARER_AUTH, exposureOf, type HttpApp, startHttpServer } from '../platform/http/index.ts'
import { createMetrics } from '../platform/metrics/index.ts'
import {
  asUnreachable,
  connectRedis,
  createConfirming,
  disconnectRedis,
  durabilityWarnings,
  parseRedisUrl,
  redisUrlOf,
} from '../platform/redis/index.ts'
import { exposeTracing } from '../platform/tracing/index.ts'
import { createRagService } from '../rag/index.ts'
import { openEvaluationRows } from '../storage/index.ts'
import { version } from '../version.ts'
import type { GatewayOptions } from './options.ts'

const OPEN_TO_ALL = (host: string) =>
  `listening on ${host} without authentication: whoever reaches this port may run programs and read everything. Start with --auth keys, or listen on 127.0.0.1`

/**
 * Starts the HTTP API. It comes up without Redis too: `/ready` and requests then say that Redis is away.
 * @throws AgentctlError REDIS_URL_INVALID, HTTP_PORT_IN_USE, HTTP_ADDRESS_INVALID
 */
export async function startGateway(
  options: GatewayOptions,
  { log, name, socket, tracer }: RoleContext,
): Promise<RunningRole> {
  const url = redisUrlOf(options)
  parseRedisUrl(url)
  const { tls, allowedHosts } = exposureOf(options)
  const isOpen = options.auth === 'off'
  if (isOpen && !isLoopback(options.host)) log.warn(OPEN_TO_ALL(options.host))
  const closer = createCloser()
  try {
    const redis = closer.add(connectRedis({ url, purpose: 'request', name, log }), disconnectRedis)
    const subscriber = closer.add(
      connectRedis({ url, purpose: 'subscriber', name: `${name}:sub`, log }),
      disconnectRedis,
    )
    const durably = createConfirming({
      ...{ redis, replicas: options.confirmReplicas },
      open: () =>
        closer.add(connectRedis({ url, purpose: 'request', name: `${name}:confirm`, log }), disconnectRedis),
    })
    const metrics = createMetrics('gateway')
    exposeTracing(metrics, tracer)
    const rag = await createRagService({ ...options, redis, subscriber, metrics, log })
    closer.add(rag, () => rag.close())
    const backends = { [rag.feature]: rag.backend }
    const chats = await createChatService({ ...options, redis, subscriber, metrics, backends, durably, log })
    closer.add(chats, () => chats.close())
    const connections = { redis, subscriber }
    const durable = options.confirmReplicas > 0 ? { replicas: options.confirmReplicas } : undefined
    const bus = createEventBus({ redisUrl: url, name, metrics, tracer, log, connections, durable })
    closer.add(bus, () => bus.close())
    const { heartbeat } = options
    const events = await createEventService({ bus, redis, subscriber, metrics, heartbeat, log })
    closer.add(events, () => events.close())
    const rows = await openRows()
    const evaluations = await createEvaluationService({
      ...{ redis, subscriber, bus, rows, metrics, heartbeat, durably, log },
      evalQueueLimit: options.evalQueueLimit,
    })
    closer.add(evaluations, () => evaluations.close())
    const replicas = closer.add(createBalancer({ redis, pool: LLM_POOL, log }), (opened) => opened.close())
    exposeReplicas(metrics, replicas)
    const guardsMetrics = options.authMetrics === 'keys'
    const guard = isOpen && !guardsMetrics ? undefined : openAccess()
    const server = await startHttpServer(
      {
        title: 'agentctl gateway',
        description:
          'Starts agent jobs and streams their answers; publishes events and shows them; answers questions from documents; takes programs to run.',
        version,
        host: options.host,
        port: options.port,
        socket,
        bodyLimit: options.bodyLimit,
        checks: { redis: () => redis.ping() },
        translate: asUnreachable,
        tls,
        // A page that leads a browser here has no key of ours.
        allowedHosts: isOpen || allowedHosts.length > 0 ? allowedHosts : 'any',
        guardMetrics: guardsMetrics ? guard : undefined,
        ...(guard === undefined
          ? {}
          : { security: { [BEARER_AUTH]: { type: 'http', scheme: 'bearer' } } as const }),
        metrics,
        tracer,
        log,
      },
      (app) =>
        void app.register(async (scope) => {
          const guarded = scope as unknown as HttpApp
          if (!isOpen) guard?.(guarded)
          chats.addRoutes(guarded)
          rag.addRoutes(guarded, chats)
          events.addRoutes(guarded)
          evaluations.addRoutes(guarded)
        }),
    )
    closer.add(server, () => server.close())
    // Once more, so that streams end before the server waits for them.
    closer.add(rag, () => rag.close())
    closer.add(chats, () => chats.close())
    closer.add(events, () => events.close())
    closer.add(evaluations, () => evaluations.close())
    closer.add(rag, () => rag.drain(options.drainTimeout))
    redis.once('ready', () => warnOfLoss())

    function openAccess() {
      const access = createAccess({ redis, subscriber, metrics, log })
      return closer.add(access, (opened) => opened.close()).guard
    }

    async function openRows() {
      if (options.databaseUrl === undefined) return undefined
      // The driver is loaded where it is needed only.
      const { databaseUrlOf } = await import('../platform/sql/index.ts')
      const opened = await openEvaluationRows({ url: databaseUrlOf(options) ?? '', name, log })
      return closer.add(opened, () => opened.close()).rows
    }

    async function warnOfLoss(): Promise<void> {
      for (const warning of await durabilityWarnings(redis).catch(() => [])) log.warn(warning)
    }

    return {
      facts: { url: server.url, docs: `${server.url}/docs` },
      metrics: () => metrics.text(),
      leave(how) {
        const left = server.leave(how)
        // These streams have no end to wait for.
        if (how.succeeded || how.delay > 0) events.leave()
        return left
      },
      stop: () => closer.close(),
    }
  } catch (error) {
    await closer.close()
    throw error
  }
}
