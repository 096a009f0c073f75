import { type BatchQueue, openBatchQueue } from '../platform/queue/index.ts'
import { isCluster, type RedisClient } from '../platform/redis/index.ts'
import type { DocumentsJob, EncoderJob, GeneratorJob, RetrieverJob } from './jobs.ts'
import { DOCUMENTS_IN, ENCODER_IN, LLM_IN, queuePrefix, RETRIEVER_IN } from './keys.ts'

export type JobStatus = 'queued' | 'encoding' | 'retrieving' | 'generating'

/** The queues seen from the side that adds jobs and asks after them. */
export interface RagQueues {
  readonly queries: BatchQueue<EncoderJob>
  readonly documents: BatchQueue<DocumentsJob>
  /** How far a query has come; undefined when no queue has it. */
  status(job: string): Promise<JobStatus | undefined>
  /** Takes a query off whichever queue has it, unless a worker holds it. */
  remove(job: string): Promise<void>
  /** Jobs that wait, by queue. */
  depths(): Promise<[queue: string, jobs: number][]>
}

export function openRagQueues(redis: RedisClient): RagQueues {
  const prefix = queuePrefix(isCluster(redis))
  const queries = openBatchQueue<EncoderJob>(redis, prefix, ENCODER_IN)
  const retrievals = openBatchQueue<RetrieverJob>(redis, prefix, RETRIEVER_IN)
  const generations = openBatchQueue<GeneratorJob>(redis, prefix, LLM_IN)
  const documents = openBatchQueue<DocumentsJob>(redis, prefix, DOCUMENTS_IN)
  const all = {
    [ENCODER_IN]: queries,
    [RETRIEVER_IN]: retrievals,
    [LLM_IN]: generations,
    [DOCUMENTS_IN]: documents,
  }
  return {
    queries,
    documents,
    async status(job) {
      // In this order: a job that moves on between two looks is then found by the second.
      const [encoding, retrieving, generating] = await Promise.all([
        queries.state(job),
        retrievals.state(job),
        generations.state(job),
      ])
      if (encoding !== 'unknown') return encoding === 'active' ? 'encoding' : 'queued'
      if (retrieving !== 'unknown') return 'retrieving'
      return generating === 'unknown' ? undefined : 'generating'
    },
    async remove(job) {
      for (const queue of [queries, retrievals, generations]) await queue.remove(job)
    },
    depths: () =>
      Promise.all(
        Object.entries(all).map(async ([name, queue]) => [name, await queue.depth()] as [string, number]),
      ),
  }
}
