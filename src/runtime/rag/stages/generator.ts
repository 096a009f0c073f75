import type { BatchJob } from '../../platform/queue/index.ts'
import type { GeneratorJob } from '../jobs.ts'
import { LLM_IN } from '../keys.ts'
import { answerOf, requestOf } from './answer.ts'
import { serveStage } from './serve-stage.ts'
import { openStreaming } from './streaming.ts'
import type { Stage } from './tools.ts'

/** Has a model answer from the passages. */
export const generatorStage: Stage = {
  name: 'generator',
  async open(tools) {
    const { completions, worker } = tools
    const llm = await tools.llm()
    const stream = openStreaming(tools, llm)

    async function work(job: BatchJob<GeneratorJob>): Promise<undefined> {
      if (job.data.run !== undefined) return stream(job)
      const began = performance.now()
      const { id, data, signal } = job
      const generated = await llm.generate(requestOf(data), { signal, deadline: data.deadline })
      const answer = answerOf(id, data, generated, { worker, took: performance.now() - began })
      await completions.write(data.gateway, id, answer)
    }

    // The client of the LLM service has tried other replicas already.
    const queue = { stage: 'generator', queue: LLM_IN, concurrency: tools.concurrency, attempts: 1, work }
    return [serveStage(queue, tools)]
  },
}
