import { pino } from 'pino'
import { createCloser } from '../../../src/runtime/kernel/index.ts'
import type { Provider } from '../../../src/runtime/llm/provider.ts'
import { createMock } from '../../../src/runtime/llm/providers/mock.ts'
import { createRouter } from '../../../src/runtime/llm/routing/router.ts'
import { openLlmService } from '../../../src/runtime/llm/service/open-service.ts'
import { startHttpServer } from '../../../src/runtime/platform/http/index.ts'
import { createMetrics } from '../../../src/runtime/platform/metrics/index.ts'
import { connectRedis, disconnectRedis, type Purpose } from '../../../src/runtime/platform/redis/index.ts'
import { answerParent } from '../support/child.ts'
import { type Behaviour, MEDIAN, SIGMA, SLOTS } from './scenarios.ts'
import { withSlots } from './slots.ts'

export interface StartReplica extends Behaviour {
  redisUrl: string
  seed: number
}

/** The LLM service with its mock, which has so many slots and no more. */
export type ReplicaApi = {
  start(options: StartReplica): Promise<{ url: string }>
}

const closer = createCloser()
/** Failures are the point of some scenarios. */
const log = pino({ level: 'silent' })

const api: ReplicaApi = {
  async start({ redisUrl, seed, slower, failing, stalling }) {
    const mock = createMock({
      latency: MEDIAN * slower,
      sigma: SIGMA,
      failureRate: failing,
      stallRate: stalling,
      stall: 5 * MEDIAN,
      seed,
    })
    const metrics = createMetrics()
    const connect = (purpose: Purpose) =>
      closer.add(connectRedis({ url: redisUrl, purpose, name: 'bench', log }), disconnectRedis)
    const service = openLlmService({
      router: routerOf(withSlots(mock, SLOTS)),
      redis: connect('cache'),
      admin: connect('request'),
      subscriber: connect('subscriber'),
      cacheTtl: 0,
      cacheKey: 'sha256',
      quotaRequests: 0,
      quotaTokens: 0,
      apiKeys: [],
      maxInFlight: 10_000,
      timeout: 60_000,
      costOf: () => undefined,
      metrics,
      log,
    })
    closer.add(service, () => service.close())
    const server = await startHttpServer(
      {
        title: 'replica',
        description: 'A replica of the benchmark.',
        version: '0.0.0',
        host: '127.0.0.1',
        port: 0,
        bodyLimit: 1_000_000,
        checks: {},
        translate: () => undefined,
        metrics,
        log,
      },
      (app) => service.addRoutes(app),
    )
    closer.add(server, () => server.close())
    return { url: server.url }
  },
}

/** Without what it does about a provider that fails: here the balancer is to find that out. */
function routerOf(provider: Provider) {
  const configured = new Map([[provider.name, provider]])
  const providers = {
    configured,
    unconfigured: [],
    default: provider.name,
    fallback: [],
    close: async () => {},
  }
  return createRouter({ providers, retry: { attempts: 1 }, breaker: { failures: 1e9, rate: 2 }, log })
}

answerParent(api, () => closer.close())
