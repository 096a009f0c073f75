import type { BatchJob } from '../../platform/queue/index.ts'
import { type GeneratorJob, type RetrieverJob, unpackVector } from '../jobs.ts'
import { LLM_IN, RETRIEVER_IN } from '../keys.ts'
import { serveStage } from './serve-stage.ts'
import type { Stage } from './tools.ts'

/** Finds the passages nearest to a query. */
export const retrieverStage: Stage = {
  name: 'retriever',
  async open(tools) {
    const retriever = await tools.retriever()

    async function work({ data }: BatchJob<RetrieverJob>) {
      const began = performance.now()
      const { vector, encoder, notes, ...head } = data
      const { contexts, cached } = await retriever.retrieve({
        encoderId: encoder,
        vector: unpackVector(vector),
        key: head.body.query,
        k: head.body.top_k,
        useCache: head.body.use_cache,
      })
      const next: GeneratorJob = {
        ...head,
        contexts,
        notes: {
          timings: { ...notes.timings, retrieve: performance.now() - began },
          cached: { ...notes.cached, retrieval: cached },
        },
      }
      return { to: LLM_IN, data: next }
    }

    const queue = {
      stage: 'retriever',
      queue: RETRIEVER_IN,
      concurrency: tools.concurrency,
      attempts: 3,
      work,
    }
    return [serveStage(queue, tools)]
  },
}
