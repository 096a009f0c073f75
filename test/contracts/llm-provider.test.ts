import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import type { Prompt, Provider } from '../../src/runtime/llm/provider.ts'
import { createMock } from '../../src/runtime/llm/providers/mock.ts'
import { collect, failureOf, type LocalProviders, startLocalProviders } from '../support/llm-providers.ts'
import type { LlmUpstream, UpstreamStep } from '../support/llm-upstreams.ts'

const PROMPT: Prompt = {
  model: 'some-model',
  system: 'Be brief.',
  turns: [{ role: 'user', content: 'What are loyalty programs good for?' }],
  maxTokens: 200,
}

/** A provider in each of the states that the contract speaks of. */
interface Subject {
  name: string
  upstream?: () => LlmUpstream
  good(): Provider
  failing(): Provider
  /** Never answers. */
  hanging(): Provider
  /** Gives a part of the answer and then no more. */
  silent(): Provider
}

let local: LocalProviders

beforeAll(async () => {
  local = await startLocalProviders()
})
afterAll(() => local.close())

const overWire = (name: string, upstream: () => LlmUpstream): Subject => {
  const playing = (step: UpstreamStep) => () => {
    upstream().play(step)
    return local.get(name)
  }
  return {
    name,
    upstream,
    good: playing({}),
    failing: playing({ status: 500 }),
    hanging: playing({ hang: true }),
    silent: playing({ after: { pieces: 2, ends: 'silently' } }),
  }
}

const subjects: Subject[] = [
  overWire('openai', () => local.openai),
  overWire('ollama', () => local.openai),
  overWire('anthropic', () => local.anthropic),
  {
    name: 'mock',
    good: () => createMock(),
    failing: () => createMock({ failureRate: 1 }),
    hanging: () => createMock({ latency: 3_600_000 }),
    silent: () => createMock({ tokensPerSecond: 0.000_1 }),
  },
]

describe.each(subjects)('the provider $name', (subject) => {
  let controller: AbortController
  beforeEach(() => {
    controller = new AbortController()
  })

  it('answers in one piece, with model, usage and finish reason', async () => {
    const answer = await subject.good().complete(PROMPT, controller.signal)
    expect(answer.text).not.toBe('')
    expect(answer).toMatchObject({ model: 'some-model', finishReason: 'stop' })
    expect(answer.inputTokens).toBeGreaterThan(0)
    expect(answer.outputTokens).toBeGreaterThan(0)
  })

  it('streams the same answer, in pieces that are not empty', async () => {
    const whole = await subject.good().complete(PROMPT, controller.signal)
    const { pieces, result } = await collect(subject.good().stream(PROMPT, controller.signal))
    expect(pieces.length).toBeGreaterThan(1)
    expect(pieces).not.toContain('')
    expect(pieces.join('')).toBe(whole.text)
    expect(result).toEqual(whole)
  })

  it('tells a failure as LLM_UPSTREAM_FAILED, either way', async () => {
    const provider = subject.failing()
    const failed = { code: 'LLM_UPSTREAM_FAILED', status: 502 }
    expect(await failureOf(provider.complete(PROMPT, controller.signal))).toMatchObject(failed)
    expect(await failureOf(collect(provider.stream(PROMPT, controller.signal)))).toMatchObject(failed)
  })

  it.runIf(subject.upstream)('tries once: whoever asks decides on retries', async () => {
    const before = subject.upstream?.().requests.length ?? 0
    await failureOf(subject.failing().complete(PROMPT, controller.signal))
    expect(subject.upstream?.().requests.length).toBe(before + 1)
  })

  it('ends with the reason of the signal when that was aborted before', async () => {
    const reason = new Error('too late')
    controller.abort(reason)
    expect(await failureOf(subject.good().complete(PROMPT, controller.signal))).toBe(reason)
    expect(await failureOf(collect(subject.good().stream(PROMPT, controller.signal)))).toBe(reason)
  })

  it('ends with the reason of the signal when that is aborted during a request that hangs', async () => {
    const reason = new Error('no more time')
    const answer = failureOf(subject.hanging().complete(PROMPT, controller.signal))
    setTimeout(() => controller.abort(reason), 50)
    expect(await answer).toBe(reason)
    const second = new AbortController()
    const stream = failureOf(collect(subject.hanging().stream(PROMPT, second.signal)))
    setTimeout(() => second.abort(reason), 50)
    expect(await stream).toBe(reason)
  })

  it('ends with the reason of the signal in the middle of a stream', async () => {
    const reason = new Error('the client has gone')
    const pieces = subject.silent().stream(PROMPT, controller.signal)
    expect((await pieces.next()).done).toBe(false)
    controller.abort(reason)
    expect(await failureOf(collect(pieces))).toBe(reason)
  })

  it('lets go of a stream that is not read to its end', async () => {
    const pieces = subject.silent().stream(PROMPT, controller.signal)
    await pieces.next()
    await pieces.return(undefined as never)
    expect((await pieces.next()).done).toBe(true)
    // The connection is closed: the server need not go on.
    await subject.upstream?.().requests.at(-1)?.aborted
  })
})
