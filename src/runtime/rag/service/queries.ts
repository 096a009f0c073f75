import { setTimeout as pause } from 'node:timers/promises'
import type { AgentctlError, Logger } from '../../kernel/index.ts'
import type { RedisClient } from '../../platform/redis/index.ts'
import { openCompletion } from '../completion.ts'
import { ragError } from '../errors.ts'
import { digestOf, type EncoderJob, isJobId, jobIdOf, newJobId } from '../jobs.ts'
import { requestKey } from '../keys.ts'
import type { QueryAnswer, QueryBody } from '../messages.ts'
import type { JobStatus, RagQueues } from '../queues.ts'
import type { Limits } from './limits.ts'
import type { CompletionWaiter } from './waiter.ts'
import type { WorkerWatch } from './worker-watch.ts'

/** Who asks, and how often the same may be sent. */
export interface Caller {
  address: string
  /** The same key of the same user stands for the same query, however often it is sent. */
  key?: string | undefined
}

/** Queries of one gateway. */
export interface Queries {
  /**
   * Adds a query to the pipeline and waits for its answer, a QueryAnswer as JSON. The query goes on when nobody waits any
   * more.
   * @throws AgentctlError RAG_LIMIT, RAG_TIMEOUT, RAG_NO_WORKER, RAG_KEY_REUSED, or what it has failed with
   */
  ask(body: QueryBody, caller: Caller): Promise<string>
  /**
   * Accepts a query whose answer is streamed; its id is that of the chat.
   * @throws AgentctlError RAG_LIMIT, RAG_KEY_REUSED
   */
  accept(body: QueryBody, caller: Caller): Promise<{ id: string; job: EncoderJob }>
  /** @throws AgentctlError RAG_JOB_UNKNOWN, or what it has failed with */
  look(id: string): Promise<QueryAnswer | { job_id: string; status: JobStatus }>
}

export interface QueriesOptions {
  redis: RedisClient
  queues: RagQueues
  waiter: CompletionWaiter
  limits: Limits
  workers: WorkerWatch
  log: Logger
}

/** Seconds for which a key is remembered beyond the time the query may take. */
const KEY_GRACE = 60
/** Marks a key whose query is being counted; for some seconds, in case whoever counts it dies. */
const COUNTING = 'counting '
const COUNTING_SECONDS = 10
const COUNTING_PAUSE = 20

export function createQueries(options: QueriesOptions): Queries {
  const { redis, queues, waiter, limits, workers, log } = options

  /** False when the same request was accepted before, under the same key. */
  async function claim(id: string, digest: string): Promise<boolean> {
    for (;;) {
      const claimed = await redis.set(requestKey(id), COUNTING + digest, 'EX', COUNTING_SECONDS, 'NX')
      if (claimed === 'OK') return true
      const before = await redis.get(requestKey(id))
      if (before === digest) return false
      if (before !== null && before !== COUNTING + digest)
        throw ragError('RAG_KEY_REUSED', 'the key was sent with another query just now', {
          field: 'header.idempotency-key',
        })
      // Whether it is accepted is being decided for somebody else: not before that may it be joined.
      await pause(COUNTING_PAUSE)
    }
  }

  async function accept(body: QueryBody, { address, key }: Caller) {
    const user = body.user ?? address
    const id = key === undefined ? newJobId() : jobIdOf(body.user ?? '', key)
    const fresh = key === undefined ? await limits.count(user).then(() => true) : await once(id, body, user)
    const now = Date.now()
    const job = { gateway: waiter.gateway, accepted_at: now, deadline: now + body.timeout_ms, body }
    return { id, job, fresh }
  }

  /** Counts the query of a key the first time it is sent, and tells whether it was that. A refused one may be sent again. */
  async function once(id: string, body: QueryBody, user: string): Promise<boolean> {
    const digest = digestOf(body)
    if (!(await claim(id, digest))) return false
    try {
      await limits.count(user)
      await redis.set(requestKey(id), digest, 'EX', Math.ceil(body.timeout_ms / 1_000) + KEY_GRACE)
      return true
    } catch (error) {
      await redis.del(requestKey(id)).catch(() => {})
      throw error
    }
  }

  /** Looks after a query that takes long: is it still there, and is anybody there for it. */
  async function heal(id: string, job: EncoderJob): Promise<void> {
    await workers.check()
    if ((await queues.status(id)) !== undefined || (await waiter.read(id)) !== undefined) return
    log.warn({ job: id }, 'the query is gone: adding it again')
    await queues.queries.add(id, job)
  }

  return {
    accept,
    async ask(body, caller) {
      const { id, job, fresh } = await accept(body, caller)
      const waiting = waiter.wait(id, {
        timeout: body.timeout_ms,
        foreign: !fresh,
        onQuiet: () => heal(id, job),
      })
      try {
        if (fresh) await queues.queries.add(id, job)
      } catch (error) {
        waiting.cancel()
        throw error
      }
      const text = await waiting.completion
      if (text !== undefined) return sound(text)
      throw ragError('RAG_TIMEOUT', `no answer within ${body.timeout_ms} ms; job ${id}`)
    },
    async look(id) {
      if (!isJobId(id)) throw unknown(id)
      const status = await queues.status(id)
      const text = await waiter.read(id)
      if (text !== undefined) return openCompletion<QueryAnswer>(text)
      if (status === undefined) throw unknown(id)
      return { job_id: id, status }
    },
  }
}

/** The text itself, once it is known to be no failure. */
function sound(text: string): string {
  openCompletion(text)
  return text
}

function unknown(id: string): AgentctlError {
  return ragError('RAG_JOB_UNKNOWN', `query "${id.slice(0, 100)}" is not known`, { field: 'path.job_id' })
}
