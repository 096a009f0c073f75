import { advertisedUrl, createRegistration } from '../balancer/index.ts'
import {
  type Closer,
  createCloser,
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
  type Purpose,
  parseRedisUrl,
  redisUrlOf,
  waitForRedis,
} from '../platform/redis/index.ts'
import { exposeTracing } from '../platform/tracing/index.ts'
import { version } from '../version.ts'
import { LLM_POOL } from './keys.ts'
import type { LlmOptions } from './options.ts'
import { createProviders } from './providers.ts'
import { createCostOf } from './routing/prices.ts'
import { createRouter } from './routing/router.ts'
import { openLlmService } from './service/open-service.ts'
import { routerHooks } from './service/router-metrics.ts'

/** Milliseconds to wait for Redis at the start, so that the first requests find the cache; it comes up without, too. */
const CACHE_WAIT = 1_000

/**
 * Starts the LLM service. Redis may be away: then there is no cache, quotas count for this replica alone, and nobody finds
 * it by way of the balancer.
 * @throws AgentctlError REDIS_URL_INVALID, HTTP_PORT_IN_USE, HTTP_ADDRESS_INVALID, LLM_PROVIDER_UNKNOWN,
 *   LLM_PROVIDER_UNCONFIGURED, BALANCER_URL_INVALID
 */
export async function startLlm(options: LlmOptions, context: RoleContext): Promise<RunningRole> {
  const closer = createCloser()
  try {
    return await open(options, context, closer)
  } catch (error) {
    await closer.close()
    throw error
  }
}

async function open(
  options: LlmOptions,
  { log, name, socket, tracer }: RoleContext,
  closer: Closer,
): Promise<RunningRole> {
  const url = redisUrlOf(options)
  parseRedisUrl(url)
  const connect = (purpose: Purpose) =>
    closer.add(connectRedis({ url, purpose, name: `${name}:${purpose}`, log }), disconnectRedis)
  const [redis, admin, subscriber] = [connect('cache'), connect('request'), connect('subscriber')]
  const metrics = createMetrics('llm')
  exposeTracing(metrics, tracer)
  const providers = closer.add(createProviders(options, { log }), (opened) => opened.close())
  const { attempts } = options
  const router = createRouter({ providers, retry: { attempts }, hooks: routerHooks(metrics, providers), log })
  const service = openLlmService({
    ...options,
    router,
    redis,
    admin,
    subscriber,
    apiKeys: options.apiKeys ?? [],
    costOf: createCostOf(options.llmPrices),
    metrics,
    log,
  })
  closer.add(service, () => service.close())
  const { host, port, bodyLimit } = options
  await waitForRedis(redis, url, CACHE_WAIT).catch(() => {})
  const server = await startHttpServer(
    {
      title: 'agentctl llm',
      description: 'Language models behind one API, with cache, fallbacks and quotas.',
      version,
      host,
      port,
      socket,
      bodyLimit,
      ...exposureOf(options),
      checks: { cache: () => service.checkCache() },
      translate: asUnreachable,
      metrics,
      tracer,
      log,
    },
    (app) => service.addRoutes(app),
  )
  closer.add(server, () => server.close())
  closer.add(service, () =>
    withDeadline(service.drain(), options.drainTimeout, 'answering what is under way'),
  )
  const advertised = advertisedUrl(options.advertiseUrl, host, server.url)
  const registration = createRegistration({ redis: admin, pool: LLM_POOL, url: advertised, log })
  closer.add(registration, () => registration.close())
  return {
    facts: {
      url: server.url,
      docs: `${server.url}/docs`,
      provider: providers.default,
      model: providers.configured.get(providers.default)?.defaultModel ?? '',
      providers: [...providers.configured.keys()].join(','),
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
