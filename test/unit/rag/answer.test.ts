import { describe, expect, it } from 'vitest'
import type { GeneratorJob } from '../../../src/runtime/rag/jobs.ts'
import { queryBody } from '../../../src/runtime/rag/messages.ts'
import { answerOf, requestOf } from '../../../src/runtime/rag/stages/answer.ts'

const job = (body: object = {}): GeneratorJob => ({
  gateway: 'g',
  accepted_at: 1_000,
  deadline: 61_000,
  body: queryBody.parse({ query: 'Who?', ...body }),
  contexts: [{ id: 'a#0', text: 'Somebody.', score: 0.5 }],
  notes: { timings: { encode: 1.234, retrieve: 2 }, cached: { embedding: true, retrieval: false } },
})

describe('what the model is asked', () => {
  it('are the passages and the question, within the time that is left', () => {
    const request = requestOf(job(), 31_000)
    expect(request.timeout_ms).toBe(30_000)
    expect(request.prompt).toContain('[1] (a#0) Somebody.')
    expect(request.prompt?.endsWith('Question: Who?')).toBe(true)
    expect(request.system).toBeTruthy()
  })

  it('leaves to the service what the query does not say', () => {
    const request = requestOf(job(), 0)
    for (const field of ['provider', 'model', 'max_tokens', 'temperature'])
      expect(request).not.toHaveProperty(field)
    expect(requestOf(job({ temperature: 0, max_tokens: 5, model: 'm', provider: 'p' }), 0)).toMatchObject({
      temperature: 0,
      max_tokens: 5,
      model: 'm',
      provider: 'p',
    })
  })

  it('has some time even when there is none', () => {
    expect(requestOf(job(), 99_999).timeout_ms).toBe(1)
  })
})

describe('the answer', () => {
  it('tells where the time went', () => {
    const generated = {
      text: 'Somebody [1].',
      model: 'm',
      provider: 'P',
      replica: 'http://r',
      cached: true,
      token_count: 2,
      input_tokens: 1,
      output_tokens: 1,
      finish_reason: 'stop' as const,
    }
    expect(answerOf('j', job(), generated, { worker: 'w', took: 10.006 }, 1_020)).toEqual({
      job_id: 'j',
      answer: 'Somebody [1].',
      worker: 'w',
      replica: 'http://r',
      contexts: [{ id: 'a#0', text: 'Somebody.', score: 0.5 }],
      timings_ms: { encode: 1.23, retrieve: 2, generate: 10.01, queues: 6.76, total: 20 },
      cached: { embedding: true, retrieval: false, answer: true },
      model: 'm',
      provider: 'P',
    })
  })
})
