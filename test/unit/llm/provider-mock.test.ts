import { beforeEach, describe, expect, it } from 'vitest'
import type { Prompt } from '../../../src/runtime/llm/provider.ts'
import { createMock, type MockOptions } from '../../../src/runtime/llm/providers/mock.ts'
import { createFakeClock, type FakeClock } from '../../support/fake-clock.ts'
import { collect, failureOf } from '../../support/llm-providers.ts'

const ask = (content: string, more: Partial<Prompt> = {}): Prompt => ({
  model: 'mock',
  turns: [{ role: 'user', content }],
  maxTokens: 1_000,
  ...more,
})
const signal = new AbortController().signal
let clock: FakeClock

beforeEach(() => {
  clock = createFakeClock()
})

/** How `count` requests end: after so many milliseconds, or with a failure. */
async function fates(options: MockOptions, count: number): Promise<(number | 'failed')[]> {
  const provider = createMock({ ...options, clock })
  const seen: (number | 'failed')[] = []
  for (let i = 0; i < count; i++) {
    const start = clock.now()
    const done = provider.complete(ask('hello'), signal).then(
      () => Math.round((clock.now() - start) * 1_000) / 1_000,
      () => 'failed' as const,
    )
    seen.push(await clock.until(done))
  }
  return seen
}

describe('what the mock says', () => {
  it('is the same for the same prompt and seed, and mentions the prompt', async () => {
    const [one, same] = [createMock({ seed: 3 }), createMock({ seed: 3, failureRate: 0 })]
    const answer = await one.complete(ask('Explain loyalty programs'), signal)
    expect(await same.complete(ask('Explain loyalty programs'), signal)).toEqual(answer)
    expect(answer.text).toContain('Explain loyalty programs')
  })

  it('is something else for another prompt, system prompt or seed', async () => {
    const provider = createMock({ seed: 3 })
    const texts = await Promise.all(
      [
        ask('hello'),
        ask('hello', { seed: 4 }),
        ask('hello', { system: 'Be brief.' }),
        ask('hello there, how are things?'),
      ].map(async (prompt) => (await provider.complete(prompt, signal)).text),
    )
    const other = await createMock({ seed: 5 }).complete(ask('hello'), signal)
    expect(new Set([...texts, other.text]).size).toBe(5)
  })

  it('keeps to the tokens that are allowed', async () => {
    const answer = await createMock().complete(ask('hello', { maxTokens: 5 }), signal)
    expect(answer).toMatchObject({ finishReason: 'length', outputTokens: 5 })
    expect(answer.text).toHaveLength(20)
  })

  it('stops before a stop sequence', async () => {
    const answer = await createMock().complete(ask('one STOP two', { stop: ['nowhere', 'STOP'] }), signal)
    expect(answer).toMatchObject({ text: 'About "one ', finishReason: 'stop' })
  })

  it('counts four characters a token', async () => {
    const prompt = ask('12345678', { system: '1234' })
    expect(await createMock().complete(prompt, signal)).toMatchObject({ inputTokens: 3 })
  })
})

describe('what becomes of requests', () => {
  it('follows from the seed and their number', async () => {
    const options = { seed: 9, latency: 300, sigma: 0.5, failureRate: 0.3, stallRate: 0.2, stall: 5_000 }
    const first = await fates(options, 50)
    expect(await fates(options, 50)).toEqual(first)
    expect(await fates({ ...options, seed: 10 }, 50)).not.toEqual(first)
  })

  it('a share of them fails, fast', async () => {
    const seen = await fates({ latency: 300, failureRate: 0.25, failureLatency: 2 }, 2_000)
    const failed = seen.filter((fate) => fate === 'failed').length
    expect(failed / 2_000).toBeCloseTo(0.25, 1)
    expect(clock.now()).toBe((2_000 - failed) * 300 + failed * 2)
  })

  it('a share of them stalls, the same ones that did not fail before', async () => {
    const seen = await fates({ latency: 100, stallRate: 0.1, stall: 5_000 }, 2_000)
    expect(new Set(seen)).toEqual(new Set([100, 5_100]))
    expect(seen.filter((fate) => fate === 5_100).length / 2_000).toBeCloseTo(0.1, 1)
  })

  it('their times are lognormal around the median', async () => {
    const seen = (await fates({ latency: 300, sigma: 0.5 }, 2_000)) as number[]
    const logs = seen.map((ms) => Math.log(ms / 300)).sort((a, b) => a - b)
    const mean = logs.reduce((sum, log) => sum + log, 0) / logs.length
    const deviation = Math.sqrt(logs.reduce((sum, log) => sum + (log - mean) ** 2, 0) / logs.length)
    expect(mean).toBeCloseTo(0, 1)
    expect(deviation).toBeCloseTo(0.5, 1)
  })

  it('failing for sure is an error of the upstream', async () => {
    const provider = createMock({ failureRate: 1, failureLatency: 0 })
    expect(await failureOf(provider.complete(ask('hello'), signal))).toMatchObject({
      code: 'LLM_UPSTREAM_FAILED',
    })
  })
})

describe('the speed of writing', () => {
  it('makes a stream take as long as its tokens do', async () => {
    const provider = createMock({ latency: 100, tokensPerSecond: 20, clock })
    const { result } = await clock.until(collect(provider.stream(ask('hello'), signal)))
    const whole = 100 + (result.outputTokens / 20) * 1_000
    expect(clock.now()).toBeGreaterThan(whole * 0.8)
    expect(clock.now()).toBeLessThanOrEqual(whole)
  })

  it('counts for an answer in one piece as well', async () => {
    const provider = createMock({ latency: 100, tokensPerSecond: 20, clock })
    const answer = await clock.until(provider.complete(ask('hello'), signal))
    expect(clock.now()).toBe(100 + (answer.outputTokens / 20) * 1_000)
  })
})
