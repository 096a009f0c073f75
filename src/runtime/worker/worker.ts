import { startChatWorker } from '../chat/index.ts'
import { createCloser, type RoleContext, type RunningRole } from '../kernel/index.ts'
import { asUnreachable, redisUrlOf } from '../platform/redis/index.ts'
import { version } from '../version.ts'
import type { WorkerOptions } from './options.ts'

/** Starts a worker; with `metricsPort` also its /health, /ready and /metrics. */
export async function startWorker(
  options: WorkerOptions,
  { log, name, index }: RoleContext,
): Promise<RunningRole> {
  const closer = createCloser()
  try {
    const chats = await startChatWorker({
      ...options,
      redisUrl: redisUrlOf(options),
      name: nameOf(options, name, index),
      log,
    })
    closer.add(chats, () => chats.stop())
    const facts: Record<string, string> = { handler: options.handler, pool: options.feature }
    if (options.metricsPort !== undefined) {
      // Loaded only where it is wanted: it would double the memory of a worker.
      const { startHttpServer } = await import('../platform/http/index.ts')
      const { createMetrics } = await import('../platform/metrics/index.ts')
      const metrics = createMetrics('worker')
      metrics.gauge('chat_jobs_running', 'Chats this worker is answering', () => chats.running)
      const server = await startHttpServer(
        {
          title: 'agentctl worker',
          description: 'Health and metrics of a worker.',
          version,
          host: '127.0.0.1',
          port: options.metricsPort,
          bodyLimit: 1_024,
          checks: { redis: () => chats.ping() },
          translate: asUnreachable,
          metrics,
          log,
        },
        () => {},
      )
      closer.add(server, () => server.close())
      facts.metrics = `${server.url}/metrics`
    }
    return { facts, stop: () => closer.close() }
  } catch (error) {
    await closer.close()
    throw error
  }
}

function nameOf({ workerName }: WorkerOptions, name: string, index: number | undefined): string {
  if (workerName === undefined) return name
  return index === undefined ? workerName : `${workerName}-${index}`
}
