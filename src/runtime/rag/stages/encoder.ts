import type { BatchJob } from '../../platform/queue/index.ts'
import { type EncoderJob, packVector, type RetrieverJob } from '../jobs.ts'
import { ENCODER_IN, RETRIEVER_IN } from '../keys.ts'
import { openIngestion } from './ingestion.ts'
import { serveStage } from './serve-stage.ts'
import type { Stage } from './tools.ts'

/** Turns queries into vectors, and takes in documents: both need the encoder. */
export const encoderStage: Stage = {
  name: 'encoder',
  async open(tools) {
    const [encoder, queries] = await Promise.all([tools.encoder(), tools.queryEncoder()])

    async function work({ data, signal }: BatchJob<EncoderJob>) {
      const began = performance.now()
      const { body } = data
      const { vector, cached } = await queries.encode(body.query, { useCache: body.use_cache, signal })
      const next: RetrieverJob = {
        ...data,
        vector: packVector(vector),
        encoder: encoder.id,
        notes: {
          timings: { encode: performance.now() - began },
          cached: { embedding: cached, retrieval: false },
        },
      }
      return { to: RETRIEVER_IN, data: next }
    }

    const queue = { stage: 'encoder', queue: ENCODER_IN, concurrency: tools.concurrency, attempts: 3, work }
    return [serveStage(queue, tools), await openIngestion(tools)]
  },
}
