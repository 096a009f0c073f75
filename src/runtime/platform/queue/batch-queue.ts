import { createBatcher, loadScript, type RedisClient } from '../redis/index.ts'
import { carryTrace, inSpan } from '../tracing/index.ts'
import type { JobState } from './queue.ts'
import { enqueuing } from './spans.ts'

const enqueueScript = loadScript(import.meta.url, 'enqueue', 2)
const removeScript = loadScript(import.meta.url, 'remove', 3)

/** Where the parts of one queue are. */
export interface QueueKeys {
  /** Prefix of its jobs: `job:encoder_in:` */
  readonly base: string
  readonly wait: string
  readonly active: string
  readonly marker: string
  readonly stalledCheck: string
}

/** The keys of a queue as BullMQ names them. */
export function queueKeys(prefix: string, name: string): QueueKeys {
  const base = `${prefix}:${name}:`
  return {
    base,
    wait: `${base}wait`,
    active: `${base}active`,
    marker: `${base}marker`,
    stalledCheck: `${base}stalled-check`,
  }
}

/** What BullMQ wants to know of every job. Retries are the batch worker's. */
export const JOB_OPTIONS = JSON.stringify({ attempts: 1, removeOnComplete: true, removeOnFail: true })

/** Jobs added in one call, so that none occupies Redis for long. */
const MOST = 100

/** A queue of jobs that a batch worker serves, seen from the side that adds them. */
export interface BatchQueue<T extends object> {
  /** Adds a job; does nothing when the queue has a job of this id. Additions of one turn of the event loop are one call. */
  add(id: string, data: T): Promise<void>
  state(id: string): Promise<JobState>
  /** Removes a job unless a worker holds it; tells whether it did. */
  remove(id: string): Promise<boolean>
  /** Jobs that wait. */
  depth(): Promise<number>
}

/**
 * Opens a queue in BullMQ's layout, so that its tools can look into it and its workers could serve it. BullMQ itself needs
 * three scripts for a job in a queue, each with a round trip; here one call carries whatever has come together.
 * @param prefix of all its keys; in a cluster it needs a hash tag
 */
export function openBatchQueue<T extends object>(
  redis: RedisClient,
  prefix: string,
  name: string,
): BatchQueue<T> {
  const keys = queueKeys(prefix, name)
  const { add } = createBatcher<readonly [id: string, data: string], undefined>(
    MOST,
    async (jobs) => {
      await enqueueScript(
        redis,
        [keys.wait, keys.marker],
        [keys.base, Date.now(), JOB_OPTIONS, ...jobs.flat()],
      )
      return []
    },
    setImmediate,
  )
  return {
    add: (id, data) => inSpan(...enqueuing(name, id), () => add([id, JSON.stringify(carryTrace(data))])),
    async state(id) {
      const job = keys.base + id
      const [exists, locked] = await Promise.all([redis.exists(job), redis.exists(`${job}:lock`)])
      if (exists === 0) return 'unknown'
      return locked === 1 ? 'active' : 'waiting'
    },
    async remove(id) {
      const job = keys.base + id
      return (await removeScript(redis, [keys.wait, job, `${job}:lock`], [id])) === 1
    },
    depth: () => redis.llen(keys.wait),
  }
}
