import { hostname } from 'node:os'
import { createCloser, type Logger, type RunningWork, type Tracer, withDeadline } from '../kernel/index.ts'
import type { Metrics } from '../platform/metrics/index.ts'
import { openBatchWorker, stopWorker } from '../platform/queue/index.ts'
import { connectRedis, disconnectRedis, isCluster, waitForRedis } from '../platform/redis/index.ts'
import { queuePrefix } from './keys.ts'
import { createStageMetrics } from './metrics.ts'
import type { ToolSettings } from './options.ts'
import { createPresence, WORKER_TTL } from './presence.ts'
import { openTools } from './stages/open-tools.ts'
import { stagesOf } from './stages.ts'

export interface StageWorkerOptions extends ToolSettings {
  redisUrl: string
  /** Names of stages, separated by commas. */
  stage: string
  /** This process's name in answers and logs. */
  name: string
  /** Jobs at once in each stage. */
  concurrency: number
  /** Milliseconds. */
  streamTtl: number
  lockDuration: number
  drainTimeout: number
  metrics?: Metrics
  tracer?: Tracer | undefined
  log: Logger
}

/** How often a job survives the death of its worker. */
const MAX_CRASHES = 3
/** Milliseconds for what only Redis can be told, and it may be away, when a worker stops. */
const LAST_WORDS = 1_000
/** Milliseconds before the second attempt of a stage. */
const BACKOFF = 250
const REDIS_TIMEOUT = 10_000

/**
 * Serves stages of the pipeline, with one set of connections for all of them.
 * @throws AgentctlError RAG_STAGE_UNKNOWN, RAG_ENCODER_UNKNOWN, VECTORS_FAILED, REDIS_URL_INVALID, REDIS_UNREACHABLE
 */
export async function startStageWorker(options: StageWorkerOptions): Promise<RunningWork> {
  const { redisUrl: url, name, log, concurrency, lockDuration } = options
  const stages = stagesOf(options.stage)
  const closer = createCloser()
  try {
    const redis = closer.add(connectRedis({ url, purpose: 'worker', name, log }), disconnectRedis)
    await waitForRedis(redis, url, REDIS_TIMEOUT)
    const observe = options.metrics ? createStageMetrics(options.metrics) : () => {}
    const tools = openTools({ ...options, redis, closer, worker: name, observe })
    const queues = (await Promise.all(stages.map((stage) => stage.open(tools)))).flat()
    const prefix = queuePrefix(isCluster(redis))
    const worker = openBatchWorker({
      redis,
      prefix,
      queues,
      lockDuration,
      maxCrashes: MAX_CRASHES,
      backoff: BACKOFF,
      tracer: options.tracer,
      log,
    })
    closer.add(worker, () => stopWorker(worker, { ...options, jobs: 'jobs' }))
    const presence = createPresence(redis)
    const names = stages.map((stage) => stage.name)
    const id = `${hostname()}/${process.pid}/${name}`
    await presence.announce(names, id)
    closer.add(presence, () => withDeadline(presence.leave(names, id), LAST_WORDS, 'leaving').catch(() => {}))
    const announce = () => {
      // While Redis is away it would only pile up.
      if (redis.status === 'ready') presence.announce(names, id).catch(() => {})
    }
    closer.add(setInterval(announce, WORKER_TTL / 3), clearInterval)
    log.debug({ concurrency, stages: names }, 'serving stages')
    return {
      get running() {
        return worker.running
      },
      ping: () => redis.ping(),
      stop: () => closer.close(),
    }
  } catch (error) {
    await closer.close()
    throw error
  }
}
