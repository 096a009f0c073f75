import { inspect } from 'node:util'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import type { Prompt } from '../../../src/runtime/llm/provider.ts'
import {
  collect,
  failureOf,
  type LocalProviders,
  providersWith,
  startLocalProviders,
} from '../../support/llm-providers.ts'
import { KEY, UNKNOWN_MODEL, type UpstreamStep } from '../../support/llm-upstreams.ts'

const PROMPT: Prompt = {
  model: 'some-model',
  system: 'Be brief.',
  turns: [
    { role: 'user', content: 'Hello' },
    { role: 'assistant', content: 'Hi.' },
    { role: 'user', content: 'What are loyalty programs?' },
  ],
  maxTokens: 50,
  temperature: 0.7,
  topP: 0.9,
  stop: ['END'],
  seed: 7,
}
const PLAIN: Prompt = { model: 'some-model', turns: [{ role: 'user', content: 'Hello' }], maxTokens: 50 }

let local: LocalProviders
const never = new AbortController().signal

beforeAll(async () => {
  local = await startLocalProviders()
})
afterAll(() => local.close())
beforeEach(() => {
  local.openai.play({})
  local.anthropic.play({})
})

const complete = (name: string, prompt: Prompt = PLAIN) => local.get(name).complete(prompt, never)
const stream = (name: string, prompt: Prompt = PLAIN) => collect(local.get(name).stream(prompt, never))

describe('what is sent', () => {
  it('to a server compatible with OpenAI', async () => {
    await complete('openai', PROMPT)
    const { headers, body } = local.openai.requests.at(-1) ?? {}
    expect(headers?.authorization).toBe(`Bearer ${KEY}`)
    expect(body).toEqual({
      model: 'some-model',
      messages: [
        { role: 'system', content: 'Be brief.' },
        { role: 'user', content: 'Hello' },
        { role: 'assistant', content: 'Hi.' },
        { role: 'user', content: 'What are loyalty programs?' },
      ],
      max_tokens: 50,
      temperature: 0.7,
      top_p: 0.9,
      stop: ['END'],
      seed: 7,
      stream: false,
    })
  })

  it('to Anthropic, whose API has neither temperature nor top_p nor seed', async () => {
    await complete('anthropic', PROMPT)
    const { headers, body } = local.anthropic.requests.at(-1) ?? {}
    expect(headers).toMatchObject({ authorization: `Bearer ${KEY}`, 'anthropic-version': '2026-10-21' })
    expect(body).toEqual({
      model: 'some-model',
      max_tokens: 50,
      system: 'Be brief.',
      messages: PROMPT.turns,
      stop_sequences: ['END'],
    })
  })

  it('nothing that was not asked for', async () => {
    await complete('openai')
    await complete('anthropic')
    const asked = { model: 'some-model', messages: PLAIN.turns, max_tokens: 50 }
    expect(local.openai.requests.at(-1)?.body).toEqual({ ...asked, stream: false })
    expect(local.anthropic.requests.at(-1)?.body).toEqual(asked)
  })

  it('streams ask for the usage', async () => {
    await stream('openai')
    expect(local.openai.requests.at(-1)?.body).toMatchObject({
      stream: true,
      stream_options: { include_usage: true },
    })
  })

  it('to Ollama, without the key of OpenAI', async () => {
    await complete('ollama')
    expect(local.openai.requests.at(-1)).toMatchObject({
      path: '/v1/chat/completions',
      headers: { authorization: 'Bearer none' },
    })
  })

  it('a long answer may be asked for in one piece', async () => {
    await complete('anthropic', { ...PLAIN, maxTokens: 100_000 })
    expect(local.anthropic.requests.at(-1)?.body.max_tokens).toBe(100_000)
  })
})

describe('usage and finish reason', () => {
  const usage = { input: 10, output: 20, cacheRead: 300, cacheWritten: 4_000 }

  it('of Anthropic: the tokens of its cache belong to the prompt', async () => {
    local.anthropic.play({ usage })
    const counted = { inputTokens: 4_310, outputTokens: 20 }
    expect(await complete('anthropic')).toMatchObject(counted)
    expect((await stream('anthropic')).result).toMatchObject(counted)
  })

  it('of OpenAI: they are in it already', async () => {
    local.openai.play({ usage })
    const counted = { inputTokens: 10, outputTokens: 20 }
    expect(await complete('openai')).toMatchObject(counted)
    expect((await stream('openai')).result).toMatchObject(counted)
  })

  it('is estimated where a server does not count', async () => {
    const body = { choices: [{ message: { role: 'assistant', content: '12345678' }, finish_reason: 'stop' }] }
    local.openai.play({ raw: JSON.stringify(body) })
    expect(await complete('ollama')).toMatchObject({ inputTokens: 2, outputTokens: 2, model: 'some-model' })
  })

  it.each([-1, 1.5, '7', {}])(
    'is estimated where a server counts %j, which nobody can add up',
    async (odd) => {
      const usage = { input: odd as number, output: odd as number }
      local.openai.play({ usage, pieces: ['12345678'] })
      const counted = { inputTokens: 2, outputTokens: 2 }
      expect(await complete('openai')).toMatchObject(counted)
      expect((await stream('openai')).result).toMatchObject(counted)
      local.anthropic.play({ usage })
      expect(await complete('anthropic')).toMatchObject({ inputTokens: 0, outputTokens: 0 })
    },
  )

  it.each([
    ['openai', 'stop', 'stop'],
    ['openai', 'length', 'length'],
    ['openai', 'content_filter', 'content_filter'],
    ['anthropic', 'end_turn', 'stop'],
    ['anthropic', 'stop_sequence', 'stop'],
    ['anthropic', 'max_tokens', 'length'],
    ['anthropic', 'model_context_window_exceeded', 'length'],
    ['anthropic', 'refusal', 'content_filter'],
  ])('of %s: %s is %s', async (name, finish, expected) => {
    local.openai.play({ finish })
    local.anthropic.play({ finish })
    expect(await complete(name)).toMatchObject({ finishReason: expected })
    expect((await stream(name)).result).toMatchObject({ finishReason: expected })
  })
})

describe.each(['openai', 'anthropic'])('a failure of %s', (name) => {
  const play = (step: UpstreamStep) => {
    local.openai.play(step)
    local.anthropic.play(step)
  }

  /** The same either way. */
  async function expectBoth(expected: object, prompt: Prompt = PLAIN): Promise<void> {
    expect(await failureOf(complete(name, prompt))).toMatchObject(expected)
    expect(await failureOf(stream(name, prompt))).toMatchObject(expected)
  }

  it.each([
    [400, 'LLM_REQUEST_REFUSED'],
    [413, 'LLM_REQUEST_REFUSED'],
    [422, 'LLM_REQUEST_REFUSED'],
    [402, 'LLM_KEY_REFUSED'],
    [403, 'LLM_KEY_REFUSED'],
    [404, 'LLM_MODEL_UNKNOWN'],
    [408, 'LLM_UPSTREAM_FAILED'],
    [429, 'LLM_RATE_LIMITED'],
    [500, 'LLM_UPSTREAM_FAILED'],
    [503, 'LLM_UPSTREAM_FAILED'],
    [529, 'LLM_UPSTREAM_FAILED'],
  ])('with status %i is %s and tells what the provider says', async (status, code) => {
    play({ status, error: { message: 'a word about it' } })
    await expectBoth({ code, message: expect.stringContaining('a word about it') })
  })

  it.each([
    [{ 'retry-after': '7' }, 7_000],
    [{ 'retry-after-ms': '1500' }, 1_500],
    [{}, undefined],
  ])('429 with %o is to be tried again after %s ms', async (headers, retryAfter) => {
    play({ status: 429, headers: headers as Record<string, string> })
    await expectBoth({ code: 'LLM_RATE_LIMITED', retryAfter })
  })

  it('an unknown model is named', async () => {
    await expectBoth(
      { code: 'LLM_MODEL_UNKNOWN', field: 'model', message: expect.stringContaining(UNKNOWN_MODEL) },
      { ...PLAIN, model: UNKNOWN_MODEL },
    )
  })

  it('a refused key is not repeated', async () => {
    const key = 'sk-proj-secret-0123456789'
    const providers = providersWith({
      openaiApiKey: key,
      openaiUrl: local.openai.url,
      anthropicApiKey: key,
      anthropicUrl: local.anthropic.url,
    })
    const error = await failureOf(providers.configured.get(name)?.complete(PLAIN, never) ?? Promise.resolve())
    expect(error).toMatchObject({
      code: 'LLM_KEY_REFUSED',
      message: expect.stringContaining('Incorrect API key'),
    })
    expect(inspect(error, { depth: 5 })).not.toContain('secret') // nor in what a log shows of it
    await providers.close()
  })

  it('a server that is not there', async () => {
    const providers = providersWith({
      openaiApiKey: KEY,
      openaiUrl: 'http://127.0.0.1:1/v1',
      anthropicApiKey: KEY,
      anthropicUrl: 'http://127.0.0.1:1',
    })
    const error = await failureOf(providers.configured.get(name)?.complete(PLAIN, never) ?? Promise.resolve())
    expect(error).toMatchObject({
      code: 'LLM_UPSTREAM_FAILED',
      message: expect.stringContaining('ECONNREFUSED'),
    })
    await providers.close()
  })

  it.each(['not JSON', '{"half":', '<html>Welcome</html>', '{}', '[]', 'null', '""'])(
    'an answer that is none: %s',
    async (raw) => {
      play({ raw })
      expect(await failureOf(complete(name))).toMatchObject({ code: 'LLM_UPSTREAM_FAILED' })
    },
  )

  it.each(['cut', 'clean', 'error'] as const)('a stream that ends too early: %s', async (ends) => {
    play({ after: { pieces: 2, ends } })
    const pieces = local.get(name).stream(PLAIN, never)
    expect([(await pieces.next()).value, (await pieces.next()).value]).toEqual(['Loyalty ', 'programs '])
    expect(await failureOf(pieces.next())).toMatchObject({ code: 'LLM_UPSTREAM_FAILED' })
  })

  it('a stream with a frame that is no JSON', async () => {
    play({ raw: 'event: message_start\ndata: {"type":\n\n' })
    expect(await failureOf(stream(name))).toMatchObject({ code: 'LLM_UPSTREAM_FAILED' })
  })

  it('a stream without a frame', async () => {
    play({ raw: '' })
    expect(await failureOf(stream(name))).toMatchObject({ code: 'LLM_UPSTREAM_FAILED' })
  })
})

it('an account of OpenAI without credit is not asked again soon', async () => {
  local.openai.play({ status: 429, error: { code: 'insufficient_quota' } })
  expect(await failureOf(complete('openai'))).toMatchObject({
    code: 'LLM_RATE_LIMITED',
    retryAfter: 3_600_000,
  })
})

it('an overloaded Anthropic says so within a stream', async () => {
  local.anthropic.play({ after: { pieces: 0, ends: 'error' } })
  expect(await failureOf(stream('anthropic'))).toMatchObject({
    code: 'LLM_UPSTREAM_FAILED',
    message: expect.stringContaining('Overloaded'),
  })
})

describe('a parameter that a model of OpenAI does not take', () => {
  const refuse = (code: string, param: string) => ({
    status: 400,
    error: { code, param, message: `Unsupported: '${param}' is not supported with this model.` },
  })

  it('is left out from then on', async () => {
    local.openai.play(refuse('unsupported_value', 'temperature'), {})
    const before = local.openai.requests.length
    const prompt = { ...PROMPT, model: 'o-new' }
    expect(await complete('openai', prompt)).toMatchObject({ finishReason: 'stop' })
    await complete('openai', prompt)
    const sent = local.openai.requests.slice(before).map(({ body }) => 'temperature' in body)
    expect(sent).toEqual([true, false, false])
    expect(local.openai.requests.at(-1)?.body).toMatchObject({ top_p: 0.9, seed: 7 })
    await complete('openai', PROMPT)
    expect(local.openai.requests.at(-1)?.body.temperature).toBe(0.7)
  })

  it('and another one, in streams too', async () => {
    local.openai.play(
      refuse('unsupported_value', 'temperature'),
      refuse('unsupported_parameter', 'top_p'),
      {},
    )
    const { result } = await stream('openai', { ...PROMPT, model: 'o-newer' })
    expect(result).toMatchObject({ finishReason: 'stop' })
    const { body } = local.openai.requests.at(-1) ?? {}
    expect(Object.keys(body)).not.toContain('temperature')
    expect(Object.keys(body)).not.toContain('top_p')
  })

  it('max_tokens goes by its other name', async () => {
    local.openai.play(refuse('unsupported_parameter', 'max_tokens'), {})
    await complete('openai', { ...PLAIN, model: 'o-newest' })
    const { body } = local.openai.requests.at(-1) ?? {}
    expect(body.max_completion_tokens).toBe(50)
    expect(body).not.toHaveProperty('max_tokens')
  })

  it('that has two names, both refused, is an error', async () => {
    const refused = ['max_tokens', 'max_completion_tokens'].map((name) =>
      refuse('unsupported_parameter', name),
    )
    local.openai.play(...Array.from({ length: 10 }, () => refused).flat(), {})
    const before = local.openai.requests.length
    expect(await failureOf(complete('openai', { ...PLAIN, model: 'o-neither' }))).toMatchObject({
      code: 'LLM_REQUEST_REFUSED',
    })
    expect(local.openai.requests.length - before).toBe(2)
  })

  it('refused for ever is an error', async () => {
    local.openai.play(refuse('unsupported_value', 'temperature'))
    const before = local.openai.requests.length
    expect(await failureOf(complete('openai', { ...PROMPT, model: 'o-stubborn' }))).toMatchObject({
      code: 'LLM_REQUEST_REFUSED',
    })
    expect(local.openai.requests.length - before).toBe(2)
  })

  it('a value out of range is an error of the caller', async () => {
    const error = { code: 'decimal_above_max_value', param: 'temperature', message: 'Expected a value <= 2' }
    local.openai.play({ status: 400, error })
    const before = local.openai.requests.length
    expect(await failureOf(complete('openai', PROMPT))).toMatchObject({ code: 'LLM_REQUEST_REFUSED' })
    expect(local.openai.requests.length - before).toBe(1)
  })
})
