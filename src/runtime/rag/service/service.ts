import { randomUUID } from 'node:crypto'
import { setTimeout as pause } from 'node:timers/promises'
import type { ChatBackend, ChatService } from '../../chat/index.ts'
import { createCloser, type Logger } from '../../kernel/index.ts'
import type { HttpApp } from '../../platform/http/index.ts'
import type { Metrics } from '../../platform/metrics/index.ts'
import type { RedisClient } from '../../platform/redis/index.ts'
import { RAG_FEATURE } from '../keys.ts'
import { createQueryMetrics } from '../metrics.ts'
import { createPresence } from '../presence.ts'
import { openRagQueues } from '../queues.ts'
import { stageNames } from '../stages.ts'
import { createRagBackend } from './backend.ts'
import { addDocumentRoutes } from './document-routes.ts'
import { createDocumentTasks } from './document-tasks.ts'
import { createLimits } from './limits.ts'
import { createQueries } from './queries.ts'
import { addQueryRoutes } from './routes.ts'
import { createCompletionWaiter } from './waiter.ts'
import { createWorkerWatch } from './worker-watch.ts'

export interface RagServiceOptions {
  /** For commands; shared with others, never blocked. */
  redis: RedisClient
  /** For SUBSCRIBE. */
  subscriber: RedisClient
  metrics: Metrics
  /** Milliseconds for which clients wait while a stage has no worker. */
  workerWait: number
  /** Queries of one user a minute, and a day; 0 for any number. */
  queryRate: number
  queryQuota: number
  /** Bytes of a body at most. */
  bodyLimit: number
  log: Logger
}

export interface RagService {
  /** Feature of the chats in which answers are streamed. */
  readonly feature: string
  /** Where their jobs go. */
  readonly backend: ChatBackend
  addRoutes(app: HttpApp, chats: Pick<ChatService, 'open'>): void
  /** Takes no more queries, and waits for the answers of those that are under way as long as anybody works on them. */
  drain(timeout: number): Promise<void>
  /** Lets go of whoever waits; their queries go on. */
  close(): Promise<void>
}

/** Milliseconds between two looks whether waiting for an answer makes sense. */
const LOOK = 250

/** Everything a gateway needs to answer questions from documents. */
export function createRagService(options: RagServiceOptions): RagService {
  const { redis, subscriber, workerWait, bodyLimit, log } = options
  const closer = createCloser()
  const queues = openRagQueues(redis)
  const presence = createPresence(redis)
  const waiter = closer.add(
    createCompletionWaiter({ redis, subscriber, gateway: randomUUID(), log }),
    (opened) => opened.close(),
  )
  const workers = createWorkerWatch({ presence, stages: stageNames, workerWait })
  const limits = createLimits({ redis, rate: options.queryRate, quota: options.queryQuota, log })
  const queries = createQueries({ redis, queues, waiter, limits, workers, log })
  const tasks = createDocumentTasks({ queues, waiter, workers })
  const metrics = createQueryMetrics(options.metrics, queues)
  const isAlive = async () => (await presence.missing(stageNames)).length === 0
  return {
    feature: RAG_FEATURE,
    backend: createRagBackend({ queues, gateway: waiter.gateway, isAlive }),
    addRoutes(app, chats) {
      addQueryRoutes(app, { queries, chats, metrics })
      addDocumentRoutes(app, { tasks, bodyLimit })
    },
    async drain(timeout) {
      const until = Date.now() + timeout
      const over = new AbortController()
      const givenUp = giveUp(async () => Date.now() >= until || !(await isAlive()), over.signal)
      await waiter.drain(givenUp)
      over.abort()
    },
    close: () => closer.close(),
  }
}

/** Resolves once `hopeless` holds, or `signal` is aborted. */
async function giveUp(hopeless: () => Promise<boolean>, signal: AbortSignal): Promise<void> {
  while (!signal.aborted && !(await hopeless().catch(() => true)))
    await pause(LOOK, undefined, { signal }).catch(() => {})
}
