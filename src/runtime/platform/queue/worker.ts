import { type Job, UnrecoverableError, WaitingError, Worker } from 'bullmq'
import { AgentctlError, isFatal, type Logger, type Tracer } from '../../kernel/index.ts'
import type { RedisClient } from '../redis/index.ts'
import { enterSpan, passingTracer } from '../tracing/index.ts'
import { processing } from './spans.ts'

export interface RunningJob<T> {
  id: string
  data: T
  /** 1 for the first time this job is started, higher after every failure or crash of its worker. */
  attempt: number
  /** No further attempt follows when this one fails. */
  last: boolean
  /** Aborted when the job was given to another worker or this one shuts down for good. */
  signal: AbortSignal
}

/** What `process` throws to have the job done by another worker: back to the head of the queue, and no attempt is counted. */
export class JobGivenBack extends Error {}

export interface QueueWorkerOptions<T> {
  redis: RedisClient
  prefix: string
  name: string
  concurrency: number
  /** Milliseconds after which a worker that stopped renewing is held for dead and its job given away. */
  lockDuration: number
  /** How many crashes of its worker a job survives. */
  maxCrashes: number
  process(job: RunningJob<T>): Promise<void>
  /** Told once a job has failed for good, also when that was decided by another worker's crash. */
  onFailed(id: string, data: T, error: Error): void
  tracer?: Tracer | undefined
  log: Logger
}

export interface QueueWorker {
  readonly running: number
  /** Takes no further jobs and waits for those under way. */
  drain(): Promise<void>
  /** Cuts the jobs under way short; they are tried again by another worker. */
  abort(): void
}

/** Processes the jobs of one queue. A job whose error cannot be helped by trying again fails at once. */
export function openQueueWorker<T extends object>(
  queue: string,
  options: QueueWorkerOptions<T>,
): QueueWorker {
  const { log, tracer = passingTracer } = options
  const stop = new AbortController()
  let running = 0

  async function process(job: Job<T>, token?: string, signal?: AbortSignal): Promise<void> {
    if (stop.signal.aborted) await handBack(job, token)
    running++
    try {
      const taken: RunningJob<T> = {
        id: job.id ?? '',
        data: job.data,
        attempt: job.attemptsStarted,
        last: job.attemptsMade + 1 >= (job.opts.attempts ?? 1),
        signal: AbortSignal.any(signal ? [signal, stop.signal] : [stop.signal]),
      }
      const span = processing(queue, taken.id, taken.data, taken.attempt)
      await enterSpan(tracer, ...span, () => options.process(taken))
    } catch (error) {
      if (stop.signal.aborted || error instanceof JobGivenBack) await handBack(job, token)
      throw isFinal(error) ? unrecoverable(error as Error) : error
    } finally {
      running--
    }
  }

  const worker = new Worker<T>(queue, process, {
    connection: options.redis,
    prefix: options.prefix,
    name: options.name,
    concurrency: options.concurrency,
    lockDuration: options.lockDuration,
    stalledInterval: options.lockDuration / 2,
    maxStalledCount: options.maxCrashes,
    runRetryDelay: 500,
  })
  worker.on('error', (error) => log.debug({ queue, reason: error.message }, 'worker connection trouble'))
  worker.on('stalled', (id) => log.warn({ queue, job: id }, 'the worker of this job died; it is tried again'))
  worker.on('lockRenewalFailed', (ids) => {
    for (const id of ids) worker.cancelJob(id, 'another worker has taken over')
  })
  worker.on('failed', (job, error) => {
    if (job?.id !== undefined && job.finishedOn !== undefined) options.onFailed(job.id, job.data, error)
  })

  return {
    get running() {
      return running
    },
    drain: () => worker.close(),
    abort: () => stop.abort(new Error('the worker is shutting down')),
  }
}

/** Back to the head of the queue, for another worker; costs the job no attempt. */
async function handBack(job: Job, token: string | undefined): Promise<never> {
  await job.moveToWait(token)
  throw new WaitingError()
}

function isFinal(error: unknown): boolean {
  return isFatal(error) || (error instanceof AgentctlError && !error.retryable)
}

function unrecoverable(error: Error): UnrecoverableError {
  return Object.assign(new UnrecoverableError(error.message), { cause: error })
}
