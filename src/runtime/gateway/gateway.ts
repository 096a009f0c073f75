import { createChatService } from '../chat/index.ts'
import { createCloser, type RoleContext, type RunningRole } from '../kernel/index.ts'
import { startHttpServer } from '../platform/http/index.ts'
import { createMetrics } from '../platform/metrics/index.ts'
import {
  asUnreachable,
  connectRedis,
  disconnectRedis,
  durabilityWarnings,
  parseRedisUrl,
  redisUrlOf,
} from '../platform/redis/index.ts'
import { version } from '../version.ts'
import type { GatewayOptions } from './options.ts'

/**
 * Starts the HTTP API. It comes up without Redis too: `/ready` and requests then say that Redis is away.
 * @throws AgentctlError REDIS_URL_INVALID, HTTP_PORT_IN_USE, HTTP_ADDRESS_INVALID
 */
export async function startGateway(
  options: GatewayOptions,
  { log, name }: RoleContext,
): Promise<RunningRole> {
  const url = redisUrlOf(options)
  parseRedisUrl(url)
  const closer = createCloser()
  try {
    const redis = closer.add(connectRedis({ url, purpose: 'request', name, log }), disconnectRedis)
    const subscriber = closer.add(
      connectRedis({ url, purpose: 'subscriber', name: `${name}:sub`, log }),
      disconnectRedis,
    )
    const metrics = createMetrics('gateway')
    const chats = await createChatService({ ...options, redis, subscriber, metrics, log })
    closer.add(chats, () => chats.close())
    const server = await startHttpServer(
      {
        title: 'agentctl gateway',
        description: 'Starts agent jobs and streams their answers.',
        version,
        host: options.host,
        port: options.port,
        bodyLimit: options.bodyLimit,
        checks: { redis: () => redis.ping() },
        translate: asUnreachable,
        metrics,
        log,
      },
      (app) => chats.addRoutes(app),
    )
    closer.add(server, () => server.close())
    closer.add(chats, () => chats.close()) // once more, so that streams end before the server waits for them
    redis.once('ready', () => warnOfLoss())

    async function warnOfLoss(): Promise<void> {
      for (const warning of await durabilityWarnings(redis).catch(() => [])) log.warn(warning)
    }

    return { facts: { url: server.url, docs: `${server.url}/docs` }, stop: () => closer.close() }
  } catch (error) {
    await closer.close()
    throw error
  }
}
