import { openReplicas, type Replicas } from '../balancer/index.ts'
import { createEventBus } from '../bus/index.ts'
import { CAMPAIGNS_POOL, campaignsError, checkPassword, createCampaignsClient } from '../campaigns/index.ts'
import {
  type Closer,
  createCloser,
  isLoopback,
  type Logger,
  type RoleContext,
  type RunningRole,
  withDeadline,
} from '../kernel/index.ts'
import { createLlmClient, LLM_POOL } from '../llm/index.ts'
import {
  BASIC_AUTH,
  createJsonClient,
  exposureOf,
  type HttpApp,
  nameSchemas,
  requireBasicAuth,
  startHttpServer,
} from '../platform/http/index.ts'
import { createMetrics, type Metrics } from '../platform/metrics/index.ts'
import {
  asUnreachable,
  connectRedis,
  disconnectRedis,
  parseRedisUrl,
  type RedisClient,
  redisUrlOf,
} from '../platform/redis/index.ts'
import { exposeTracing } from '../platform/tracing/index.ts'
import { monotonicClock } from '../resilience/index.ts'
import { version } from '../version.ts'
import { createCampaignAgent } from './campaign-agent.ts'
import { createEventAgent } from './event-agent.ts'
import { campaignReport, campaignRun, eventReport, eventRun } from './messages.ts'
import type { AgentsOptions } from './options.ts'
import { createReachable } from './service/reachable.ts'
import { addAgentRoutes } from './service/routes.ts'
import { createRunner, type Runner } from './service/runner.ts'
import { createRuns } from './service/runs.ts'
import { subscribeAgents } from './service/subscribe.ts'

const GROUP = 'agents'

/**
 * Starts the agents. Redis, the campaigns service and the LLM service may all be away: runs say so, and the event bus is
 * joined once Redis is there.
 * @throws AgentctlError CAMPAIGNS_PASSWORD_WEAK, REDIS_URL_INVALID, BALANCER_URL_INVALID, HTTP_PORT_IN_USE,
 *   HTTP_ADDRESS_INVALID
 */
export async function startAgents(options: AgentsOptions, context: RoleContext): Promise<RunningRole> {
  checkPassword(options)
  const closer = createCloser()
  try {
    return await open(options, context, closer)
  } catch (error) {
    await closer.close()
    throw error
  }
}

async function open(options: AgentsOptions, context: RoleContext, closer: Closer): Promise<RunningRole> {
  const { log, name, socket, tracer } = context
  const redisUrl = redisUrlOf(options)
  parseRedisUrl(redisUrl)
  const redis = closer.add(connectRedis({ url: redisUrl, purpose: 'request', name, log }), disconnectRedis)
  const services = openServices(options, redis, log, closer)
  const metrics = createMetrics('agents')
  exposeTracing(metrics, tracer)
  const { runner, runs } = {
    runner: await openRunner(options, services, metrics, log, closer),
    runs: createRuns(),
  }
  joinBus({ redisUrl, redis, runner, metrics, options, context, closer })

  const http = closer.add(createJsonClient(), (client) => client.close())
  const { host, port, bodyLimit, drainTimeout } = options
  const server = await startHttpServer(
    {
      title: 'agentctl agents',
      description: 'Agents that register events and make campaigns.',
      version,
      ...{ host, port, socket, bodyLimit, metrics, tracer, log },
      ...exposureOf(options),
      checks: {
        campaigns: createReachable(http, services.campaigns),
        llm: createReachable(http, services.llm),
        redis: () => redis.ping().catch((error: Error) => ({ degraded: error.message })),
      },
      translate: asUnreachable,
      security: isLoopback(host) ? {} : { [BASIC_AUTH]: { type: 'http', scheme: 'basic' } },
      schemas: nameSchemas({
        EventRun: eventRun,
        EventReport: eventReport,
        CampaignRun: campaignRun,
        CampaignReport: campaignReport,
      }),
    },
    (app) =>
      void app.register(async (scope) => {
        guard(scope as unknown as HttpApp, options)
        addAgentRoutes(scope as unknown as HttpApp, { runner, runs })
      }),
  )
  closer.add(server, () => server.close())
  closer.add(runs, async () => {
    await withDeadline(runs.drained(), drainTimeout, 'running agents').finally(runs.close)
  })
  return {
    facts: {
      url: server.url,
      docs: `${server.url}/docs`,
      campaigns: options.campaignsServiceUrl ?? `pool ${CAMPAIGNS_POOL}`,
      llm: options.llmUrl ?? `pool ${LLM_POOL}`,
    },
    metrics: () => metrics.text(),
    leave: server.leave,
    stop: () => closer.close(),
  }
}

interface Services {
  campaigns: Replicas
  llm: Replicas
}

function openServices(
  { campaignsServiceUrl, llmUrl }: AgentsOptions,
  redis: RedisClient,
  log: Logger,
  closer: Closer,
): Services {
  const find = (pool: string, url: string | undefined) =>
    closer.add(openReplicas({ urls: url === undefined ? [] : [url], pool, redis, log }), (opened) =>
      opened.close(),
    )
  return { campaigns: find(CAMPAIGNS_POOL, campaignsServiceUrl), llm: find(LLM_POOL, llmUrl) }
}

async function openRunner(
  options: AgentsOptions,
  services: Services,
  metrics: Metrics,
  log: Logger,
  closer: Closer,
): Promise<Runner> {
  const { apiUsername: username, apiPassword: password, llmApiKey: apiKey } = options
  const { concurrency, batch, patience, llmPatience } = options
  const clock = monotonicClock
  const campaigns = await createCampaignsClient({ replicas: services.campaigns, username, password, log })
  closer.add(campaigns, (client) => client.close())
  const llm = await createLlmClient({ balancer: services.llm, apiKey, log })
  closer.add(llm, (client) => client.close())
  return createRunner({
    eventAgent: createEventAgent({ campaigns, clock, concurrency, batch, patience, log }),
    campaignAgent: createCampaignAgent({ campaigns, llm, clock, patience: llmPatience, log }),
    metrics,
  })
}

/** It acts with the password of the campaigns service: who reaches it from elsewhere must know that. */
function guard(app: HttpApp, { host, apiUsername: username, apiPassword: password }: AgentsOptions): void {
  if (isLoopback(host)) return
  const refuse = (detail: string) => campaignsError('CAMPAIGNS_UNAUTHORIZED', detail)
  requireBasicAuth(app, { username, password, realm: 'agentctl agents', refuse })
}

interface Joining {
  redisUrl: string
  redis: RedisClient
  runner: Runner
  metrics: Metrics
  options: AgentsOptions
  context: RoleContext
  closer: Closer
}

/** In the background: it takes as long as it takes Redis to come. */
function joinBus({ redisUrl, redis, runner, metrics, options, context, closer }: Joining): void {
  const { log, name, tracer } = context
  // Nobody makes requests over this bus: nothing is ever subscribed to.
  const connections = { redis, subscriber: redis }
  const bus = closer.add(createEventBus({ redisUrl, name, log, connections, metrics, tracer }), (opened) =>
    opened.close(),
  )
  subscribeAgents(bus, runner)
  let stopping = false
  const starting = bus.start({ group: GROUP }).catch((error) => {
    if (!stopping) log.error({ err: error }, 'the event bus could not be joined')
  })
  closer.add(bus, async () => {
    stopping = true
    await bus.stop({ drainTimeout: options.drainTimeout })
    await starting
  })
}
