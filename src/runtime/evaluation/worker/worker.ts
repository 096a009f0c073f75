import { z } from 'zod'
import { type Balancer, createBalancer, type PolicyName } from '../../balancer/index.ts'
import { createEventBus } from '../../bus/index.ts'
import {
  AgentctlError,
  createCloser,
  type Logger,
  messageOf,
  type RunningWork,
  type Tracer,
} from '../../kernel/index.ts'
import type { Metrics } from '../../platform/metrics/index.ts'
import { JobGivenBack, openQueueWorker, stopWorker } from '../../platform/queue/index.ts'
import { connectRedis, disconnectRedis, type Purpose, waitForRedis } from '../../platform/redis/index.ts'
import { sandboxError } from '../../sandbox/index.ts'
import { emitFacts } from '../events.ts'
import { ENDED_CHANNEL, EXECUTOR_POOL, QUEUE, QUEUE_PREFIX } from '../keys.ts'
import { type EvaluationJob, job as jobSchema } from '../messages.ts'
import { createRecords } from '../records.ts'
import { ensureStorageGroup } from '../storage-group.ts'
import { createCancellations } from './cancellations.ts'
import { evaluate } from './evaluate.ts'
import { createExecutorClient } from './executor-client.ts'
import { createWorkerMetrics } from './metrics.ts'
import { createOutputWriter } from './output-writer.ts'
import type { EvaluateTools } from './tools.ts'
import { endUnreadable } from './unreadable.ts'

export interface EvaluationWorkerOptions {
  redisUrl: string
  /** This process's name in facts and logs. */
  name: string
  /** Evaluations at once. */
  concurrency: number
  /** The executors to use; without it, those that have registered. */
  executorUrls?: readonly string[] | undefined
  /** The secret that executors want to see. */
  executorToken: string | undefined
  balancerPolicy: PolicyName
  /** Replicas of Redis that must know of an end before it counts as told (0). */
  confirmReplicas?: number
  /** Milliseconds. */
  lockDuration: number
  drainTimeout: number
  metrics?: Metrics
  tracer?: Tracer | undefined
  log: Logger
}

const REDIS_TIMEOUT = 10_000
/** The record counts the attempts, crashes included: no job may be given up by the queue, with nobody to tell. */
const MAX_CRASHES = 1_000_000

/**
 * Has evaluations run by executors, and sees each of them to its end.
 * @throws AgentctlError EXECUTOR_TOKEN_MISSING, BALANCER_URL_INVALID, REDIS_URL_INVALID, REDIS_UNREACHABLE
 */
export async function startEvaluationWorker(options: EvaluationWorkerOptions): Promise<RunningWork> {
  const { redisUrl: url, name, tracer, log, executorToken: token, executorUrls: urls } = options
  if (token === undefined) {
    throw sandboxError('EXECUTOR_TOKEN_MISSING', 'executors run nothing for a worker without their secret')
  }
  const closer = createCloser()
  try {
    const connect = (purpose: Purpose, role: string) =>
      closer.add(connectRedis({ url, purpose, name: `${name}${role}`, log }), disconnectRedis)
    const redis = connect('worker', '')
    const subscriber = connect('subscriber', ':sub')
    await waitForRedis(redis, url, REDIS_TIMEOUT)
    const { confirmReplicas = 0 } = options
    const bus = createEventBus({
      ...{ redisUrl: url, name, tracer, log, connections: { redis, subscriber } },
      durable: confirmReplicas > 0 ? { replicas: confirmReplicas } : undefined,
    })
    closer.add(bus, () => bus.close())
    const prepare = () =>
      void ensureStorageGroup(redis).catch((error: Error) =>
        log.debug({ reason: error.message }, 'the group of storage could not be made'),
      )
    prepare()
    redis.on('ready', prepare)
    const records = createRecords(redis)
    const client = closer.add(createExecutorClient({ token }), (opened) => opened.close())
    const balancer = closer.add(
      createBalancer({
        ...{ redis, log, pool: EXECUTOR_POOL, policy: options.balancerPolicy },
        ...(urls === undefined ? {} : { urls }),
      }),
      (opened) => opened.close(),
    )
    const cancellations = closer.add(
      createCancellations({ subscriber, requested: records.cancelRequested, log }),
      (opened) => opened.close(),
    )
    const metrics = createWorkerMetrics(options.metrics)
    const draining = new AbortController()
    const tools: EvaluateTools = {
      ...{ records, client, cancellations, worker: name, random: Math.random, now: Date.now, log },
      balancer: noteAbsence(balancer, log),
      openOutput: (id, attempt) => createOutputWriter({ redis, id, attempt, log }),
      emit: (facts, emitting) => emitFacts({ bus, redis }, facts, emitting),
      announce: (id) => redis.publish(ENDED_CHANNEL, id),
      onEnded: metrics.ended,
      onLost: metrics.lost,
    }
    const worker = openQueueWorker<EvaluationJob>(QUEUE, {
      ...{ redis, name, tracer, log },
      prefix: QUEUE_PREFIX,
      concurrency: options.concurrency,
      lockDuration: options.lockDuration,
      maxCrashes: MAX_CRASHES,
      process: ({ id, data, signal }) =>
        patiently(async () => {
          const { data: job, error } = jobSchema.safeParse(data)
          if (job === undefined) return endUnreadable(id, z.prettifyError(error), tools)
          await evaluate(job, { signal, draining: draining.signal }, tools)
        }),
      onFailed: (id, _data, error) => log.error({ evaluation: id, err: error }, 'an evaluation was given up'),
    })
    closer.add(worker, () => {
      draining.abort(new JobGivenBack('the worker is about to end'))
      return stopWorker(worker, { ...options, jobs: 'evaluations' })
    })
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

/** The queue gives up a job whose error says that trying again does not help; an evaluation has an end of its own for that. */
async function patiently<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    if (error instanceof AgentctlError) throw new Error(messageOf(error), { cause: error })
    throw error
  }
}

/** Says once that there is no executor, and once that there is one again. */
function noteAbsence(balancer: Balancer, log: Logger): Balancer {
  let away = false
  return {
    ...balancer,
    async acquire(options) {
      try {
        const lease = await balancer.acquire(options)
        if (away) log.info({ executor: lease.url }, 'there is an executor again')
        away = false
        return lease
      } catch (error) {
        if (!away && error instanceof AgentctlError) {
          log.warn({ reason: error.message }, 'evaluations wait for an executor')
          away = true
        }
        throw error
      }
    },
  }
}
