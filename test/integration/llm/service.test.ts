import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { createCloser } from '../../../src/runtime/kernel/index.ts'
import { llmError } from '../../../src/runtime/llm/errors.ts'
import type { RedisClient } from '../../../src/runtime/platform/redis/index.ts'
import { eventually } from '../../support/program.ts'
import { startTestRedis, type TestRedis } from '../../support/redis.ts'
import {
  call,
  createTestRouter,
  generate,
  openStream,
  readFrames,
  startTestService,
  type TestRouter,
  type TestService,
  untilAborted,
} from './service-scene.ts'

let server: TestRedis
let redis: RedisClient
let router: TestRouter
let service: TestService
let closer: ReturnType<typeof createCloser>

beforeAll(async () => {
  server = await startTestRedis()
  redis = server.connect()
})
afterAll(() => server?.close())
beforeEach(async () => {
  closer = createCloser()
  router = createTestRouter()
  service = closer.add(await startTestService(server.url, router), (opened) => opened.close())
})
afterEach(async () => {
  await closer.close()
  await redis.flushall()
})

const question = { prompt: 'drawer of stressed', temperature: 0.7 }

describe('POST /generate', () => {
  it('answers with the fields of the contract, and from the cache the second time', async () => {
    const first = await generate(service.url, {
      ...question,
      provider: 'openai',
      model: 'gpt-4',
      max_tokens: 1_000,
    })
    expect(first).toMatchObject({
      status: 200,
      headers: { 'content-type': 'application/json; charset=utf-8' },
    })
    const answer = {
      text: 'desserts fo reward',
      model: 'gpt-4',
      provider: 'OpenAI',
      token_count: 6,
      input_tokens: 3,
      output_tokens: 3,
      cached: false,
      finish_reason: 'stop',
    }
    expect(first.body).toEqual(answer)
    const second = await generate(service.url, question)
    expect(second.body).toEqual({ ...answer, cached: true })
    expect(router.prompts).toHaveLength(1)
  })

  it.each([
    ['nothing', {}, 'body.prompt'],
    ['prompt and messages', { prompt: 'a', messages: [{ role: 'user', content: 'a' }] }, 'body.prompt'],
    ['an empty prompt', { prompt: '' }, 'body.prompt'],
    ['a temperature out of range', { prompt: 'a', temperature: 2.5 }, 'body.temperature'],
    ['a temperature that is text', { prompt: 'a', temperature: 'hot' }, 'body.temperature'],
    ['no tokens', { prompt: 'a', max_tokens: 0 }, 'body.max_tokens'],
    ['a field that does not exist', { prompt: 'a', promt: 'b' }, 'body.promt'],
    ['a prompt that is too long', { prompt: 'x'.repeat(400_001) }, 'body.prompt'],
    ['system messages alone', { messages: [{ role: 'system', content: 'x' }] }, 'body.messages'],
  ])('refuses %s', async (_what, body, field) => {
    const reply = await generate(service.url, body)
    expect(reply).toMatchObject({ status: 400, body: { code: 'HTTP_INVALID', field } })
    expect(router.prompts).toEqual([])
  })

  it('gives up when there is no answer in time, and tells the provider', async () => {
    const aborted = Promise.withResolvers<unknown>()
    router.behave(async function* (_prompt, signal) {
      yield* []
      await untilAborted(signal).catch((error) => {
        aborted.resolve(error)
        throw error
      })
    })
    const reply = await generate(service.url, { ...question, timeout_ms: 50 })
    expect(reply).toMatchObject({ status: 504, body: { code: 'LLM_TIMEOUT' } })
    expect(await aborted.promise).toMatchObject({ code: 'LLM_TIMEOUT' })
  })

  it('asks again for whoever has more time than the one who asked first', async () => {
    const deadline = Promise.withResolvers<void>()
    router.behave(async function* () {
      if (router.prompts.length > 1) return yield 'in time'
      await deadline.promise
      throw llmError('LLM_TIMEOUT', 'the time of the first request was up')
    })
    const first = generate(service.url, question)
    await eventually(() => router.prompts.length === 1)
    const second = generate(service.url, question)
    await eventually(async () => (await service.metrics()).includes('llm_requests_active 2'))
    deadline.resolve()
    expect((await first).status).toBe(504)
    expect((await second).body.text).toBe('in time')
  })

  it('keeps its number of questions at once', async () => {
    const few = closer.add(await startTestService(server.url, router, { maxInFlight: 2 }), (opened) =>
      opened.close(),
    )
    const gate = Promise.withResolvers<void>()
    router.behave(async function* () {
      await gate.promise
      yield 'ok'
    })
    const two = ['a', 'b'].map((prompt) => generate(few.url, { prompt }))
    await eventually(() => router.prompts.length === 2)
    const refused = await generate(few.url, { prompt: 'c' })
    expect(refused).toMatchObject({
      status: 503,
      headers: { 'retry-after': '1' },
      body: { code: 'LLM_OVERLOADED' },
    })
    const joined = generate(few.url, { prompt: 'a' })
    gate.resolve()
    expect((await Promise.all([...two, joined])).map(({ status }) => status)).toEqual([200, 200, 200])
  })

  it('is for callers with a key where keys are set', async () => {
    const closed = closer.add(await startTestService(server.url, router, { apiKeys: ['k1'] }), (opened) =>
      opened.close(),
    )
    expect(await generate(closed.url, question)).toMatchObject({
      status: 401,
      body: { code: 'LLM_API_KEY_REQUIRED', field: 'header.authorization' },
    })
    expect(await generate(closed.url, question, { 'x-api-key': 'k2' })).toMatchObject({ status: 401 })
    expect(await generate(closed.url, question, { authorization: 'Bearer k1' })).toMatchObject({
      status: 200,
    })
    for (const path of ['/providers', '/cache/health'])
      expect(await call(closed.url, path)).toMatchObject({ status: 401 })
    expect(await call(closed.url, '/cache/clear', {})).toMatchObject({ status: 401 })
    expect(await call(closed.url, '/health')).toMatchObject({ status: 200 })
  })
})

describe('a streamed answer', () => {
  it('comes piece by piece, then what it took, then the end', async () => {
    const gate = Promise.withResolvers<void>()
    router.behave(async function* () {
      yield 'one '
      await gate.promise
      yield 'two'
    })
    const stream = await openStream(service.url, question)
    expect(stream).toMatchObject({
      status: 200,
      headers: { 'content-type': 'text/event-stream; charset=utf-8' },
    })
    expect((await stream.next())?.data).toBe('{"delta":"one "}')
    gate.resolve()
    const { pieces, done, ended } = readFrames(await stream.rest())
    expect(pieces).toEqual(['two'])
    expect(done).toEqual({
      model: 'gpt-4',
      provider: 'OpenAI',
      token_count: 5,
      input_tokens: 3,
      output_tokens: 2,
      cached: false,
      finish_reason: 'stop',
    })
    expect(ended).toBe(true)
  })

  it('is kept, and comes from the cache as a stream and as a whole', async () => {
    router.behave(async function* () {
      for (const word of 'It was the best of times, it was the worst of times'.split(/(?<= )/)) yield word
    })
    const first = readFrames(await (await openStream(service.url, question)).rest())
    const second = readFrames(await (await openStream(service.url, question)).rest())
    expect(second.pieces.join('')).toBe(first.pieces.join(''))
    expect(second.pieces.length).toBeGreaterThan(2)
    expect(second.done).toEqual({ ...first.done, cached: true })
    const whole = await generate(service.url, question)
    expect(whole.body).toMatchObject({ text: first.pieces.join(''), cached: true })
    expect(router.prompts).toHaveLength(1)
  })

  it('that is cut ends with the error, and is not kept', async () => {
    router.behave(async function* () {
      yield 'half of '
      throw new Error('the connection broke')
    })
    const { pieces, done, ended, error } = readFrames(await (await openStream(service.url, question)).rest())
    expect({ pieces, done, ended }).toEqual({ pieces: ['half of '], done: undefined, ended: false })
    expect(error).toMatchObject({ status: 500, detail: 'the connection broke' })
    router.behave(async function* () {
      yield 'all of it'
    })
    expect((await generate(service.url, question)).body).toMatchObject({ text: 'all of it', cached: false })
  })

  it('that fails before its first piece has the status of its error', async () => {
    router.behave(async function* () {
      yield* []
      throw new Error('no')
    })
    const stream = await openStream(service.url, question)
    expect(stream).toMatchObject({
      status: 500,
      headers: { 'content-type': 'application/problem+json; charset=utf-8' },
    })
    await stream.rest().catch(() => {})
  })

  it('whose client goes away is no longer asked for', async () => {
    const aborted = Promise.withResolvers<{ code?: string }>()
    router.behave(async function* (_prompt, signal) {
      yield 'first'
      await untilAborted(signal).catch((error) => {
        aborted.resolve(error)
        throw error
      })
    })
    const stream = await openStream(service.url, question)
    await stream.next()
    stream.leave()
    expect(await aborted.promise).toMatchObject({ code: 'LLM_CANCELLED' })
    await eventually(async () => (await service.metrics()).includes('outcome="cancelled"} 1'))
    expect(await service.metrics()).toContain('llm_requests_active 0')
  })

  it('goes on for the others when one client goes away', async () => {
    const gate = Promise.withResolvers<void>()
    router.behave(async function* (_prompt, signal) {
      yield 'first '
      await Promise.race([gate.promise, untilAborted(signal)])
      yield 'second'
    })
    const one = await openStream(service.url, question)
    await one.next()
    const other = await openStream(service.url, question)
    expect((await other.next())?.data).toBe('{"delta":"first "}')
    one.leave()
    await eventually(async () => (await service.metrics()).includes('outcome="cancelled"} 1'))
    gate.resolve()
    expect(readFrames(await other.rest())).toMatchObject({ pieces: ['second'], ended: true })
    expect(router.prompts).toHaveLength(1)
  })

  it('reaches a client in whole that begins to read when everything is there', async () => {
    const piece = 'x'.repeat(64 * 1_024)
    const yielded = Promise.withResolvers<void>()
    router.behave(async function* () {
      for (let i = 0; i < 256; i++) yield piece
      yielded.resolve()
    })
    const stream = await openStream(service.url, question)
    await yielded.promise
    const { pieces, ended } = readFrames(await stream.rest())
    expect(pieces).toHaveLength(256)
    expect(ended).toBe(true)
  })
})

describe('a service that stops', () => {
  it('refuses what is new and answers what is under way', async () => {
    const gate = Promise.withResolvers<void>()
    router.behave(async function* () {
      await gate.promise
      yield 'done'
    })
    const under = generate(service.url, question)
    await eventually(() => router.prompts.length === 1)
    const drained = service.drain()
    expect(await generate(service.url, { prompt: 'new' })).toMatchObject({
      status: 503,
      body: { code: 'LLM_OVERLOADED' },
    })
    gate.resolve()
    expect((await under).body.text).toBe('done')
    await drained
  })
})

describe('metrics', () => {
  it('count requests, tokens, cost and what the cache did', async () => {
    await generate(service.url, question)
    await generate(service.url, question)
    await generate(service.url, { ...question, use_cache: false })
    router.fellBackFrom = ['anthropic']
    await generate(service.url, { prompt: 'another' })
    const text = await service.metrics()
    for (const line of [
      'agentctl_llm_requests_total{provider="openai",outcome="ok"} 3',
      'agentctl_llm_requests_total{provider="openai",outcome="cached"} 1',
      'agentctl_llm_cache_total{result="hit"} 1',
      'agentctl_llm_cache_total{result="miss"} 2',
      'agentctl_llm_cache_total{result="bypass"} 1',
      'agentctl_llm_tokens_total{provider="openai",model="gpt-4",direction="input"} 7',
      'agentctl_llm_cost_dollars_total{provider="openai",model="gpt-4"} 0.75',
      'agentctl_llm_fallbacks_total{from="anthropic",to="openai"} 1',
      'agentctl_llm_in_flight 0',
    ])
      expect(text).toContain(line)
  })

  it('have a label of their own for so many models only', async () => {
    for (let i = 0; i < 60; i++) await generate(service.url, { prompt: 'x', model: `model-${i}` })
    const models = new Set(
      [...(await service.metrics()).matchAll(/llm_tokens_total{[^}]*model="([^"]+)"/g)].map(
        ([, name]) => name,
      ),
    )
    expect(models.size).toBe(51)
    expect(models).toContain('other')
  })
})
