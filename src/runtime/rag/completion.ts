import { AgentctlError, type Problem, toProblem } from '../kernel/index.ts'
import { fromProblem } from '../platform/http/index.ts'
import { createBatcher, isCluster, type RedisClient } from '../platform/redis/index.ts'
import { completionKey, doneChannel } from './keys.ts'

/** Seconds for which the outcome of a job is kept. */
export const KEEP_SECONDS = 60

/** Writes what has become of jobs, and wakes whoever waits for them. */
export interface CompletionWriter {
  /** Kept under `job:completion:JOB`, the answer of a query as it is, so that it can be read with GET. */
  write(gateway: string, job: string, value: object): Promise<void>
  fail(gateway: string, job: string, error: unknown): Promise<void>
}

/** Completions written in one call, so that none occupies Redis for long. */
const MOST = 100

interface Writing {
  gateway: string
  job: string
  text: string
}

export function createCompletionWriter(redis: RedisClient): CompletionWriter {
  const { add: put } = createBatcher<Writing, undefined>(
    MOST,
    async (items) => {
      await (isCluster(redis) ? Promise.all(items.map(apart)) : together(items))
      return []
    },
    setImmediate,
  )

  async function together(items: readonly Writing[]): Promise<void> {
    const transaction = redis.multi()
    for (const { gateway, job, text } of items) {
      transaction.set(completionKey(job), text, 'EX', KEEP_SECONDS)
      transaction.publish(doneChannel(gateway), job)
    }
    await transaction.exec()
  }

  /** The keys of a cluster are in many slots: no transaction, but what is announced is there already. */
  async function apart({ gateway, job, text }: Writing): Promise<void> {
    await redis.set(completionKey(job), text, 'EX', KEEP_SECONDS)
    await redis.publish(doneChannel(gateway), job)
  }

  return {
    write: (gateway, job, value) => put({ gateway, job, text: JSON.stringify(value) }),
    fail(gateway, job, error) {
      const retryAfter = error instanceof AgentctlError ? error.retryAfter : undefined
      const value = {
        job_id: job,
        error: toProblem(error),
        ...(retryAfter === undefined ? {} : { retry_after_ms: retryAfter }),
      }
      return put({ gateway, job, text: JSON.stringify(value) })
    },
  }
}

interface Failure {
  job_id: string
  error: Problem
  retry_after_ms?: number
}

/**
 * The value of a completion.
 * @throws AgentctlError what the job has failed with
 */
export function openCompletion<T extends object>(text: string): T {
  const value = JSON.parse(text) as T | Failure
  if (!('error' in value)) return value
  const known = fromProblem(value.error)
  if (value.retry_after_ms === undefined) throw known
  throw new AgentctlError(known.code, known, known.message, { retryAfter: value.retry_after_ms })
}
