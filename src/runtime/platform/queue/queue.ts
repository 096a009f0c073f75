import { Queue } from 'bullmq'
import type { Logger } from '../../kernel/index.ts'
import type { RedisClient } from '../redis/index.ts'
import { carryTrace, inSpan } from '../tracing/index.ts'
import { enqueuing } from './spans.ts'

/** Where a job is in its life; `unknown` when the queue does not have it. */
export type JobState = 'waiting' | 'active' | 'completed' | 'failed' | 'unknown'

export interface RetryPolicy {
  /** How often a job is tried in all. */
  attempts: number
  /** Pause before the second attempt in milliseconds, doubled for each further one, with jitter. */
  backoff: number
  /** False: the pause stays as it is. */
  growing?: boolean
}

export interface QueueOptions {
  redis: RedisClient
  /** Prefix of all its keys; in a cluster it needs a hash tag. */
  prefix: string
  retry: RetryPolicy
  /** Seconds for which finished jobs are kept; 0 not at all. */
  keepSeconds: number
  log: Logger
}

export interface AddOptions {
  /** Lane: from 1, the smallest goes first. Jobs without one go before all that have one. */
  priority?: number
}

export interface JobQueue<T extends object> {
  /** Adds a job; does nothing when a job of this id exists already. */
  add(id: string, data: T, options?: AddOptions): Promise<void>
  state(id: string): Promise<JobState>
  /** Removes a job unless a worker holds it. */
  remove(id: string): Promise<void>
  /** Jobs that wait, and those whose worker no longer renews its lock, oldest first; at most `limit` of each. */
  unfinished(limit: number): Promise<{ id: string; data: T }[]>
  /** Jobs that wait for a worker, or for their next attempt. */
  depth(): Promise<number>
  close(): Promise<void>
}

export function openQueue<T extends object>(name: string, options: QueueOptions): JobQueue<T> {
  const { redis, prefix, retry, keepSeconds, log } = options
  const keep = keepSeconds === 0 ? true : { age: keepSeconds }
  const queue = new Queue<T, unknown, string>(name, {
    connection: redis,
    prefix,
    skipWaitingForReady: true,
    skipMetasUpdate: true,
    defaultJobOptions: {
      attempts: retry.attempts,
      stackTraceLimit: 1, // kept with the job, which would grow with each attempt
      backoff: {
        type: retry.growing === false ? 'fixed' : 'exponential',
        delay: retry.backoff,
        jitter: 0.5,
      },
      removeOnComplete: keep,
      removeOnFail: keep,
    },
  })
  queue.on('error', (error) => log.debug({ queue: name, reason: error.message }, 'queue connection trouble'))
  return {
    async add(id, data, adding = {}) {
      await inSpan(...enqueuing(name, id), () =>
        (queue as Queue).add(name, carryTrace(data), { ...adding, jobId: id }),
      )
    },
    async state(id) {
      return simplify(await queue.getJobState(id))
    },
    async remove(id) {
      await queue.remove(id)
    },
    async unfinished(limit) {
      const waiting = await queue.getJobs(['waiting', 'prioritized', 'delayed'], 0, limit - 1, true)
      const active = await queue.getJobs(['active'], 0, limit - 1, true)
      const held = await Promise.all(active.map((job) => redis.exists(`${prefix}:${name}:${job?.id}:lock`)))
      const jobs = [...waiting, ...active.filter((_, i) => held[i] === 0)]
      return jobs.flatMap((job) => (job?.id === undefined ? [] : [{ id: job.id, data: job.data as T }]))
    },
    depth: () => queue.getJobCountByTypes('waiting', 'prioritized', 'delayed'),
    close: () => queue.close(),
  }
}

function simplify(state: string): JobState {
  if (state === 'active' || state === 'completed' || state === 'failed' || state === 'unknown') return state
  return 'waiting'
}
