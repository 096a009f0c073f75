import type { GenerateAnswer, GenerateRequest } from '../../llm/index.ts'
import type { GeneratorJob } from '../jobs.ts'
import type { QueryAnswer } from '../messages.ts'
import { buildPrompt } from './prompt.ts'

/** What the model is asked: the passages, and the parameters that the query names. */
export function requestOf({ body, contexts, deadline }: GeneratorJob, now = Date.now()): GenerateRequest {
  const { system, prompt } = buildPrompt(body.query, contexts)
  const { provider, model, max_tokens, temperature, use_cache } = body
  return {
    system,
    prompt,
    use_cache,
    timeout_ms: Math.max(1, deadline - now),
    ...(provider === undefined ? {} : { provider }),
    ...(model === undefined ? {} : { model }),
    ...(max_tokens === undefined ? {} : { max_tokens }),
    ...(temperature === undefined ? {} : { temperature }),
  }
}

/** @param by the worker that answered, and the milliseconds the model took */
export function answerOf(
  id: string,
  { accepted_at, contexts, notes }: GeneratorJob,
  generated: GenerateAnswer & { replica: string },
  by: { worker: string; took: number },
  now = Date.now(),
): QueryAnswer {
  const { text, model, provider, replica, cached } = generated
  return {
    job_id: id,
    answer: text,
    worker: by.worker,
    replica,
    contexts,
    timings_ms: timings({ ...notes.timings, generate: by.took }, now - accepted_at),
    cached: { ...notes.cached, answer: cached },
    model,
    provider,
  }
}

/** The stages, what is left for waiting and handing over, and the whole; to a hundredth of a millisecond. */
function timings(stages: Record<string, number>, total: number): Record<string, number> {
  const spent = Object.values(stages).reduce((sum, ms) => sum + ms, 0)
  const all = { ...stages, queues: Math.max(0, total - spent), total }
  return Object.fromEntries(Object.entries(all).map(([name, ms]) => [name, Math.round(ms * 100) / 100]))
}
