import type { Logger } from '../kernel/index.ts'
import { openQueue } from '../platform/queue/index.ts'
import type { RedisClient } from '../platform/redis/index.ts'
import { QUEUE, QUEUE_PREFIX } from './keys.ts'
import type { EvaluationJob, Priority } from './messages.ts'

/** The queue of evaluations, from the side that adds them. */
export interface EvaluationQueue {
  /** Adds an evaluation; does nothing when it is there already. */
  add(job: EvaluationJob): Promise<void>
  /** Takes an evaluation out again, unless a worker has it. */
  remove(id: string): Promise<void>
  /** Evaluations that wait. */
  depth(): Promise<number>
  close(): Promise<void>
}

/** BullMQ takes the smallest number first. */
const LANES: Record<Priority, number> = { high: 1, normal: 2 }

/**
 * The record counts the attempts, and a job is done only when its evaluation has ended. So a job that fails, such as for want
 * of Redis, is tried until it does not, after half a second to a second each time.
 */
const RETRY = { attempts: 1_000_000, backoff: 1_000, growing: false }

export function openEvaluationQueue({ redis, log }: { redis: RedisClient; log: Logger }): EvaluationQueue {
  const queue = openQueue<EvaluationJob>(QUEUE, {
    ...{ redis, log },
    prefix: QUEUE_PREFIX,
    retry: RETRY,
    keepSeconds: 0,
  })
  return {
    add: (job) => queue.add(job.eval_id, job, { priority: LANES[job.priority] }),
    remove: (id) => queue.remove(id),
    depth: () => queue.depth(),
    close: () => queue.close(),
  }
}
