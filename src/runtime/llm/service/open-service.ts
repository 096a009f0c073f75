import { createCloser, type Logger } from '../../kernel/index.ts'
import { createSseHub, type HttpApp } from '../../platform/http/index.ts'
import type { Metrics } from '../../platform/metrics/index.ts'
import type { RedisClient } from '../../platform/redis/index.ts'
import { createResponseCache, type ResponseCache } from '../cache/cache.ts'
import { type CacheGuard, createCacheGuard } from '../cache/guard.ts'
import type { CacheKeyForm } from '../cache/key.ts'
import type { Completion } from '../provider.ts'
import type { Router } from '../routing/router.ts'
import { createCallers } from './callers.ts'
import { createLlmMetrics } from './metrics.ts'
import { createQuotas, type Quotas } from './quotas.ts'
import { addLlmRoutes } from './routes.ts'
import { createLlmService } from './service.ts'
import { createUpstream } from './upstream.ts'

export interface OpenServiceOptions {
  router: Router
  /** Made for the purpose `cache`. */
  redis: RedisClient
  /** Made for the purpose `request`. */
  admin: RedisClient
  /** Made for the purpose `subscriber`. */
  subscriber: RedisClient
  /** Milliseconds; 0 for no cache. */
  cacheTtl: number
  cacheKey: CacheKeyForm
  /** Requests a minute, and tokens a day, of each key; 0 for any number. */
  quotaRequests: number
  quotaTokens: number
  /** Keys that may ask; none lets everybody ask. */
  apiKeys: readonly string[]
  /** Questions that may be with the providers at once. */
  maxInFlight: number
  /** Milliseconds for a request that does not say how long it may take. */
  timeout: number
  /** Milliseconds between two heartbeats of a stream. */
  heartbeat?: number
  /** Dollars. */
  costOf(provider: string, completion: Completion): number | undefined
  metrics: Metrics
  log: Logger
}

export interface OpenService {
  addRoutes(app: HttpApp): void
  /** For /ready: without its cache the service is slower, and ready all the same. */
  checkCache(): Promise<{ degraded: string } | undefined>
  /** Refuses new requests; resolves when those under way have been answered. */
  drain(): Promise<void>
  close(): Promise<void>
}

const HEARTBEAT = 10_000
/** Milliseconds a client may leave its buffers full. */
const STALL_TIMEOUT = 60_000

/** Puts the service together on top of its providers. */
export function openLlmService(options: OpenServiceOptions): OpenService {
  const { router, metrics: registry, maxInFlight, timeout, cacheKey: keyForm, costOf, log } = options
  const closer = createCloser()
  const guard = createCacheGuard({ log })
  const cache = openCache(options, guard)
  if (cache) closer.add(cache, () => cache.close())
  const quotas = openQuotas(options, guard)
  if (quotas) closer.add(quotas, () => quotas.close())
  const metrics = createLlmMetrics(registry)
  const upstream = createUpstream({ router, maxInFlight, metrics, costOf })
  const service = createLlmService({ router, upstream, cache, keyForm, quotas, timeout, metrics })
  const hub = createSseHub({ heartbeat: options.heartbeat ?? HEARTBEAT, stallTimeout: STALL_TIMEOUT })
  closer.add(hub, () => hub.close())
  const callers = createCallers(options.apiKeys)
  registry.gauge('llm_requests_active', 'Requests that are being answered', () => service.active)
  registry.gauge('llm_in_flight', 'Questions that are with the providers', () => upstream.inFlight)
  return {
    addRoutes: (app) => addLlmRoutes(app, { service, router, cache, callers, hub }),
    async checkCache() {
      const health = await cache?.health()
      return health?.error === undefined ? undefined : { degraded: health.error }
    },
    drain: () => service.drain(),
    close: () => closer.close(),
  }
}

function openCache(
  { redis, admin, subscriber, cacheTtl: ttl }: OpenServiceOptions,
  guard: CacheGuard,
): ResponseCache | undefined {
  return ttl === 0 ? undefined : createResponseCache({ redis, admin, subscriber, guard, ttl })
}

function openQuotas(
  { redis, quotaRequests: requests, quotaTokens: tokens }: OpenServiceOptions,
  guard: CacheGuard,
): Quotas | undefined {
  return requests === 0 && tokens === 0 ? undefined : createQuotas({ redis, guard, requests, tokens })
}
