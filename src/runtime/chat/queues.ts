import type { Logger } from '../kernel/index.ts'
import { type JobQueue, type JobState, openQueue } from '../platform/queue/index.ts'
import type { RedisClient } from '../platform/redis/index.ts'
import { noteJob } from './activity.ts'
import { backendOf, type ChatBackends } from './backend.ts'
import { DEFAULT_POOL, QUEUE_PREFIX, queueName } from './keys.ts'
import type { ChatJob } from './messages.ts'
import type { Pools } from './pools.ts'

/** The job queues of all pools seen from the side that adds jobs. */
export interface ChatQueues {
  /** Adds the job of a run to the pool that should serve it; a repeat changes nothing. */
  add(job: ChatJob): Promise<void>
  /** Where the job is, whichever pool it was given to. */
  state(feature: string, run: string): Promise<{ state: JobState; pool: string }>
  remove(feature: string, run: string): Promise<void>
  /** Gives the jobs of features whose own workers are all gone to the default pool. Returns how many. */
  adoptOrphans(): Promise<number>
  close(): Promise<void>
}

export interface ChatQueuesOptions {
  redis: RedisClient
  pools: Pools
  /** Features whose jobs go elsewhere. */
  backends?: ChatBackends
  log: Logger
}

/** Attempts a job gets when its handler fails. */
const RETRY = { attempts: 3, backoff: 500 }
const KEEP_SECONDS = 60
const ADOPT_BATCH = 100
/** Queues of features kept open for reuse. */
const OPEN_FEATURES = 1_000

export function createChatQueues({ redis, pools, backends = {}, log }: ChatQueuesOptions): ChatQueues {
  const open = new Map<string, JobQueue<ChatJob>>()

  function queue(pool: string): JobQueue<ChatJob> {
    const known = open.get(pool)
    if (known) return known
    const opened = openQueue<ChatJob>(queueName(pool), {
      redis,
      prefix: QUEUE_PREFIX,
      retry: RETRY,
      keepSeconds: KEEP_SECONDS,
      log,
    })
    open.set(pool, opened)
    forgetOldest()
    return opened
  }

  /** Feature ids come from clients: without a limit their queues would fill the memory. */
  function forgetOldest(): void {
    if (open.size <= OPEN_FEATURES) return
    for (const [pool, oldest] of open) {
      if (pool === DEFAULT_POOL) continue
      open.delete(pool)
      void oldest.close()
      return
    }
  }

  function poolsOf(feature: string): string[] {
    return feature === DEFAULT_POOL ? [DEFAULT_POOL] : [DEFAULT_POOL, feature]
  }

  async function adopt(feature: string): Promise<number> {
    if (await pools.isAlive(feature)) return 0
    const orphans = await queue(feature).unfinished(ADOPT_BATCH)
    for (const { id, data } of orphans) {
      // Added before removed: a crash in between runs it twice at most, and the later attempt fences the other off.
      await queue(DEFAULT_POOL).add(id, data)
      await queue(feature).remove(id)
    }
    return orphans.length
  }

  return {
    async add(job) {
      const backend = backendOf(backends, job.feature_id)
      if (backend) return backend.add(job)
      if (job.feature_id !== DEFAULT_POOL) noteJob(redis, job.feature_id, log)
      await queue(await pools.poolFor(job.feature_id)).add(job.run, job)
    },
    async state(feature, run) {
      const backend = backendOf(backends, feature)
      if (backend) return { state: await backend.state(run), pool: feature }
      for (const pool of poolsOf(feature)) {
        const state = await queue(pool).state(run)
        if (state !== 'unknown') return { state, pool }
      }
      return { state: 'unknown', pool: DEFAULT_POOL }
    },
    async remove(feature, run) {
      const backend = backendOf(backends, feature)
      if (backend) return backend.remove(run)
      for (const pool of poolsOf(feature)) await queue(pool).remove(run)
    },
    async adoptOrphans() {
      let adopted = 0
      for (const feature of await pools.features()) adopted += await adopt(feature)
      return adopted
    },
    async close() {
      await Promise.all([...open.values()].map((opened) => opened.close()))
    },
  }
}
