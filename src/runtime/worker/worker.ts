import { startChatWorker } from '../chat/index.ts'
import { startEvaluationWorker } from '../evaluation/index.ts'
import { startEventWorker } from '../events/index.ts'
import { createCloser, type RoleContext, type RunningRole, type RunningWork } from '../kernel/index.ts'
import { createMetrics, type Metrics } from '../platform/metrics/index.ts'
import { asUnreachable, redisUrlOf } from '../platform/redis/index.ts'
import { exposeTracing } from '../platform/tracing/index.ts'
import { startStageWorker } from '../rag/index.ts'
import { version } from '../version.ts'
import type { WorkerOptions } from './options.ts'
import { type Work, workOf } from './work.ts'

/** Starts a worker; with `metricsPort` also its /health, /ready and /metrics. A supervisor may ask for its metrics anyway. */
export async function startWorker(
  options: WorkerOptions,
  { log, name, index, tracer }: RoleContext,
): Promise<RunningRole> {
  const chosen = workOf(options)
  const closer = createCloser()
  try {
    const metrics = createMetrics(options.metricsPort === undefined ? undefined : 'worker')
    exposeTracing(metrics, tracer)
    const own = nameOf(options, name, index)
    const common = { redisUrl: redisUrlOf(options), name: own, metrics, tracer, log }
    const work = await start(chosen, options, common)
    closer.add(work, () => work.stop())
    metrics.gauge(...chosen.gauge, () => work.running)
    const facts: Record<string, string> = { ...chosen.facts }
    if (options.metricsPort !== undefined) {
      const server = await serveMetrics(options, metrics, work, log)
      closer.add(server, () => server.close())
      facts.metrics = `${server.url}/metrics`
    }
    return { facts, metrics: () => metrics.text(), stop: () => closer.close() }
  } catch (error) {
    await closer.close()
    throw error
  }
}

interface Common {
  redisUrl: string
  name: string
  metrics: Metrics
  tracer: RoleContext['tracer']
  log: RoleContext['log']
}

function start(chosen: Work, options: WorkerOptions, common: Common): Promise<RunningWork> {
  switch (chosen.kind) {
    case 'events':
      return startEventWorker({ ...options, ...chosen, ...common })
    case 'stages':
      return startStageWorker({
        ...options,
        ...common,
        stage: chosen.stage,
        concurrency: options.stageConcurrency,
      })
    case 'evaluations':
      return startEvaluationWorker({
        ...options,
        ...common,
        concurrency: options.evalConcurrency,
        executorToken: options.executorToken,
        executorUrls: options.executorUrls?.split(','),
      })
    case 'chats':
      return startChatWorker({ ...options, ...common })
  }
}

/** Loaded only where it is wanted: a server would double the memory of a worker. */
async function serveMetrics(
  options: WorkerOptions,
  metrics: Metrics,
  work: RunningWork,
  log: RoleContext['log'],
) {
  const { startHttpServer } = await import('../platform/http/index.ts')
  return startHttpServer(
    {
      title: 'agentctl worker',
      description: 'Health and metrics of a worker.',
      version,
      host: options.metricsHost,
      port: options.metricsPort ?? 0,
      bodyLimit: 1_024,
      checks: { redis: () => work.ping() },
      translate: asUnreachable,
      metrics,
      log,
    },
    () => {},
  )
}

function nameOf({ workerName }: WorkerOptions, name: string, index: number | undefined): string {
  if (workerName === undefined) return name
  return index === undefined ? workerName : `${workerName}-${index}`
}
