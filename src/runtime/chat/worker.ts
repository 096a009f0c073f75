import { hostname } from 'node:os'
import {
  createCloser,
  type Logger,
  type RunningWork,
  type Tracer,
  toProblem,
  withDeadline,
} from '../kernel/index.ts'
import type { Metrics } from '../platform/metrics/index.ts'
import { openQueueWorker, stopWorker } from '../platform/queue/index.ts'
import { connectRedis, disconnectRedis, waitForRedis } from '../platform/redis/index.ts'
import { answer } from './answer.ts'
import { chatError } from './errors.ts'
import { type LlmSettings, loadHandler } from './handlers/load.ts'
import { DEFAULT_POOL, QUEUE_PREFIX, queueName } from './keys.ts'
import type { ChatJob } from './messages.ts'
import { createAnswerMetrics } from './metrics.ts'
import { createPools, WORKER_TTL } from './pools.ts'
import { type ChatQueues, createChatQueues } from './queues.ts'
import { createTranscript } from './transcript.ts'

export interface ChatWorkerOptions extends LlmSettings {
  redisUrl: string
  /** This process's name in pools and messages. */
  name: string
  /** The pool it belongs to: a feature's, or `default`. */
  feature: string
  /** `demo`, `llm`, or the path of a module. */
  handler: string
  concurrency: number
  /** Milliseconds. */
  jobTimeout: number
  streamTtl: number
  lockDuration: number
  drainTimeout: number
  metrics: Metrics
  tracer?: Tracer | undefined
  log: Logger
}

/** How often a job survives the death of its worker. */
const MAX_CRASHES = 3
const REDIS_TIMEOUT = 10_000
/** Milliseconds for what only Redis can be told, and it may be away, when a worker stops. */
const LAST_WORDS = 1_000

/**
 * Answers chats: takes jobs from its pool's queue and writes what the handler yields to their streams.
 * @throws AgentctlError CHAT_HANDLER_MISSING, CHAT_HANDLER_INVALID, REDIS_URL_INVALID, REDIS_UNREACHABLE
 */
export async function startChatWorker(options: ChatWorkerOptions): Promise<RunningWork> {
  const { redisUrl: url, log, feature: pool } = options
  const makeHandler = await loadHandler(options.handler)
  const closer = createCloser()
  try {
    const redis = closer.add(
      connectRedis({ url, purpose: 'worker', name: options.name, log }),
      disconnectRedis,
    )
    await waitForRedis(redis, url, REDIS_TIMEOUT)
    const handler = await makeHandler({ ...options, redis, closer })
    const transcript = createTranscript(redis, options.streamTtl)
    const pools = createPools(redis)
    const measure = createAnswerMetrics(options.metrics)
    const worker = openQueueWorker<ChatJob>(queueName(pool), {
      redis,
      prefix: QUEUE_PREFIX,
      name: options.name,
      concurrency: options.concurrency,
      lockDuration: options.lockDuration,
      maxCrashes: MAX_CRASHES,
      tracer: options.tracer,
      log,
      process: (job) =>
        measure(() =>
          answer(job, {
            transcript,
            handler,
            containerId: options.name,
            containerFeatureId: pool,
            timeout: options.jobTimeout,
            log,
          }),
        ),
      onFailed(id, data, error) {
        // A no-op unless the job failed without its worker being there to say so.
        const problem = JSON.stringify(toProblem(chatError('CHAT_HANDLER_FAILED', error.message)))
        const chat = { feature: data.feature_id, chat: data.chat_id }
        transcript
          .append(chat, { run: data.run, kind: 'error', data: problem })
          .catch((cause) =>
            log.error({ err: cause, job: id }, 'the end of a failed chat could not be written'),
          )
      },
    })
    closer.add(worker, () => stopWorker(worker, { ...options, jobs: 'chats' }))
    const announce = () => pools.announce(pool, workerId(options))
    await announce()
    closer.add(pools, () =>
      withDeadline(pools.leave(pool, workerId(options)), LAST_WORDS, 'leaving').catch(() => {}),
    )
    closer.add(
      setInterval(() => announce().catch(() => {}), WORKER_TTL / 3),
      clearInterval,
    )
    if (pool === DEFAULT_POOL) {
      const queues = closer.add(createChatQueues({ redis, pools, log }), (opened) => opened.close())
      closer.add(
        setInterval(() => adopt(queues, log), WORKER_TTL / 3),
        clearInterval,
      )
    }

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

async function adopt(queues: ChatQueues, log: Logger): Promise<void> {
  const adopted = await queues.adoptOrphans().catch(() => 0)
  if (adopted > 0) log.info({ jobs: adopted }, 'took over jobs of features whose own workers are gone')
}

function workerId({ name }: ChatWorkerOptions): string {
  return `${hostname()}/${process.pid}/${name}`
}
