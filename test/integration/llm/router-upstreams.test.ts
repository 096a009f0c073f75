import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import {
  createRouter,
  type Question,
  type Router,
  type RouterOptions,
} from '../../../src/runtime/llm/routing/router.ts'
import { collect, failureOf, type LocalProviders, startLocalProviders } from '../../support/llm-providers.ts'
import { PIECES } from '../../support/llm-upstreams.ts'
import { silent } from '../../support/redis.ts'

const QUESTION: Question = { turns: [{ role: 'user', content: 'What are loyalty programs?' }], maxTokens: 50 }
const TEXT = PIECES.join('')

let local: LocalProviders

beforeEach(async () => {
  local = await startLocalProviders({ fallback: ['anthropic'] })
})
afterEach(() => local.close())

const make = (more: Partial<RouterOptions> = {}): Router =>
  createRouter({
    providers: local.providers,
    retry: { attempts: 3, base: 1, cap: 2 },
    log: silent,
    ...more,
  })
const limits = (ms = 20_000, signal = new AbortController().signal) => ({
  signal,
  deadline: performance.now() + ms,
})
const complete = (router: Router, ms?: number) => router.complete({}, QUESTION, limits(ms))
const stream = (router: Router, ms?: number) => collect(router.stream({}, QUESTION, limits(ms)))

describe('over the wire', () => {
  it('a provider that fails twice answers the third time', async () => {
    local.openai.play({ status: 500 }, { status: 503 }, {})
    expect(await complete(make())).toMatchObject({
      text: TEXT,
      provider: { name: 'openai' },
      fellBackFrom: [],
    })
    expect(local.openai.requests).toHaveLength(3)
  })

  it('a provider that goes on failing is replaced', async () => {
    local.openai.play({ status: 500 })
    expect(await complete(make())).toMatchObject({
      text: TEXT,
      provider: { name: 'anthropic' },
      fellBackFrom: ['openai'],
    })
    expect(local.anthropic.requests[0]?.body.model).toBe('claude-haiku-5-5')
  })

  it('a 429 sends requests elsewhere until Retry-After', async () => {
    local.openai.play({ status: 429, headers: { 'retry-after': '30' } })
    const router = make()
    for (let i = 0; i < 5; i++)
      expect(await complete(router)).toMatchObject({ provider: { name: 'anthropic' } })
    expect(local.openai.requests).toHaveLength(1)
    expect(router.status()[0]).toMatchObject({ name: 'openai', state: 'limited' })
  })

  it('a 429 without a fallback reaches the caller with its Retry-After', async () => {
    const alone = { ...local.providers, fallback: [] }
    local.openai.play({ status: 429, headers: { 'retry-after': '75' } })
    expect(await failureOf(complete(make({ providers: alone })))).toMatchObject({
      status: 429,
      retryAfter: 75_000,
    })
  })

  it('a provider that hangs leaves time for the next', async () => {
    local.openai.play({ hang: true })
    const hung = local.openai.next()
    expect(await complete(make(), 4_000)).toMatchObject({ provider: { name: 'anthropic' } })
    await (await hung).aborted
  })

  it('a refused request is not asked of others', async () => {
    local.openai.play({ status: 400, error: { message: 'max_tokens is too large' } })
    expect(await failureOf(complete(make()))).toMatchObject({
      code: 'LLM_REQUEST_REFUSED',
      message: expect.stringContaining('max_tokens is too large'),
    })
    expect(local.anthropic.requests).toEqual([])
  })

  it('a stream whose first piece does not come is asked of the next', async () => {
    local.openai.play({ hang: true })
    const { pieces, result } = await stream(make({ firstPiece: 300 }))
    expect(pieces).toEqual(PIECES)
    expect(result).toMatchObject({ provider: { name: 'anthropic' }, fellBackFrom: ['openai'] })
  })

  it('a slow first piece is waited for', async () => {
    local.openai.play({ delay: 300 })
    const { result } = await stream(make())
    expect(result).toMatchObject({ text: TEXT, provider: { name: 'openai' } })
  })

  it('a stream that is cut is a failure, and no answer', async () => {
    local.openai.play({ after: { pieces: 2, ends: 'cut' } })
    const pieces = make().stream({}, QUESTION, limits())
    expect([(await pieces.next()).value, (await pieces.next()).value]).toEqual(PIECES.slice(0, 2))
    expect(await failureOf(pieces.next())).toMatchObject({ code: 'LLM_UPSTREAM_FAILED' })
    expect(local.openai.requests).toHaveLength(1)
    expect(local.anthropic.requests).toEqual([])
  })

  it('a client that leaves ends the request at the provider', async () => {
    const controller = new AbortController()
    local.openai.play({ after: { pieces: 1, ends: 'silently' } })
    const pieces = make().stream({}, QUESTION, limits(20_000, controller.signal))
    await pieces.next()
    const reason = new Error('the client has gone')
    controller.abort(reason)
    expect(await failureOf(pieces.next())).toBe(reason)
    await local.openai.requests[0]?.aborted
  })

  it('an open breaker keeps requests from a provider that is down', async () => {
    const router = make({ breaker: { failures: 3 } })
    local.openai.play({ status: 500 })
    await complete(router)
    const asked = local.openai.requests.length
    for (let i = 0; i < 5; i++)
      expect(await complete(router)).toMatchObject({ provider: { name: 'anthropic' } })
    expect(local.openai.requests).toHaveLength(asked)
    expect(router.status()[0]).toMatchObject({ name: 'openai', state: 'open' })
  })

  it('a hundred requests at once all have their own answers', async () => {
    const router = make()
    const answers = await Promise.all(
      Array.from({ length: 100 }, (_, i) =>
        i % 2 === 0 ? complete(router) : stream(router).then((s) => s.result),
      ),
    )
    expect(answers.map(({ text }) => text)).toEqual(Array(100).fill(TEXT))
    expect(local.openai.requests).toHaveLength(100)
  })
})
