import { type Clock, monotonicClock, sleep } from '../../resilience/index.ts'
import { llmError } from '../errors.ts'
import type { Completion, Prompt, Provider } from '../provider.ts'
import type { ProviderKind } from './kind.ts'
import { writeText } from './prose.ts'
import { createRandom, normal } from './random.ts'
import { countPromptTokens, countTokens, TOKEN } from './tokens.ts'

export const mock: ProviderKind = {
  name: 'mock',
  label: 'Mock',
  needs: 'nothing',
  make: (settings) =>
    createMock({
      latency: settings.mockLatency,
      sigma: settings.mockSigma,
      tokensPerSecond: settings.mockTokensPerSecond,
      failureRate: settings.mockFailureRate,
      failureLatency: settings.mockFailureLatency,
      stallRate: settings.mockStallRate,
      stall: settings.mockStall,
      seed: settings.mockSeed,
    }),
}

export interface MockOptions {
  /** Milliseconds to the first token, in the median; lognormal with `sigma`. */
  latency?: number
  sigma?: number
  /** 0: all at once. */
  tokensPerSecond?: number
  /** Share of requests that fail, after `failureLatency` milliseconds. */
  failureRate?: number
  failureLatency?: number
  /** Share of requests that take `stall` milliseconds longer. */
  stallRate?: number
  stall?: number
  seed?: number
  clock?: Clock
}

/** What becomes of one request. */
interface Fate {
  fails: boolean
  /** Milliseconds to the first token, or to the failure. */
  wait: number
}

/**
 * A provider that needs nothing. The text follows from prompt and seed; which requests fail, stall or take how long follows
 * from the seed and their number, so that two instances with the same seed behave alike.
 */
export function createMock(options: MockOptions = {}): Provider {
  const { latency = 0, sigma = 0, tokensPerSecond = 0, failureRate = 0, failureLatency = 1 } = options
  const { stallRate = 0, stall = 0, seed = 1, clock = monotonicClock } = options
  const random = createRandom(seed)

  /** Always draws the same count of numbers: a changed rate must not shift all that follows. */
  function nextFate(): Fate {
    const fails = random() < failureRate
    const stalls = random() < stallRate
    const wait = latency * Math.exp(sigma * normal(random))
    return { fails, wait: fails ? failureLatency : wait + (stalls ? stall : 0) }
  }

  async function pause(ms: number, signal: AbortSignal): Promise<void> {
    signal.throwIfAborted()
    if (ms > 0) await sleep(clock, ms, signal)
  }

  /** @param extra milliseconds the request takes after its first token */
  async function begin(signal: AbortSignal, extra = 0): Promise<void> {
    const { fails, wait } = nextFate()
    await pause(fails ? wait : wait + extra, signal)
    if (fails) throw llmError('LLM_UPSTREAM_FAILED', 'Mock: this request was chosen to fail')
  }

  const timeOf = (tokens: number) => (tokensPerSecond > 0 ? (tokens / tokensPerSecond) * 1_000 : 0)

  return {
    name: mock.name,
    label: mock.label,
    defaultModel: 'mock',
    origin: `seed ${seed}`,
    async complete(prompt, signal) {
      const completion = answerOf(prompt, seed)
      await begin(signal, timeOf(completion.outputTokens))
      return completion
    },
    async *stream(prompt, signal) {
      const completion = answerOf(prompt, seed)
      await begin(signal)
      const start = clock.now()
      let written = 0
      for (const piece of completion.text.match(/\S+\s*|\s+/g) ?? []) {
        const early = start + timeOf(written / TOKEN) - clock.now()
        await pause(early >= 1 ? early : 0, signal)
        yield piece
        written += piece.length
      }
      return completion
    },
  }
}

function answerOf(prompt: Prompt, seed: number): Completion {
  const whole = writeText(prompt, seed)
  const stopped = beforeStop(whole, prompt.stop ?? [])
  const text = stopped.slice(0, prompt.maxTokens * TOKEN)
  return {
    text,
    model: prompt.model,
    inputTokens: countPromptTokens(prompt),
    outputTokens: countTokens(text),
    finishReason: text.length < stopped.length ? 'length' : 'stop',
  }
}

function beforeStop(text: string, stop: readonly string[]): string {
  const found = stop.map((word) => text.indexOf(word)).filter((index) => index >= 0)
  return found.length === 0 ? text : text.slice(0, Math.min(...found))
}
