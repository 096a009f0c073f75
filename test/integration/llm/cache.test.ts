import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import { createCloser } from '../../../src/runtime/kernel/index.ts'
import { createResponseCache, type ResponseCache } from '../../../src/runtime/llm/cache/cache.ts'
import { createCacheGuard } from '../../../src/runtime/llm/cache/guard.ts'
import { cacheKey, lockKey } from '../../../src/runtime/llm/keys.ts'
import type { GenerateAnswer } from '../../../src/runtime/llm/messages.ts'
import type { RedisClient } from '../../../src/runtime/platform/redis/index.ts'
import { eventually } from '../../support/program.ts'
import { silent, startTestRedis, type TestRedis } from '../../support/redis.ts'
import {
  call,
  createTestRouter,
  generate,
  openStream,
  readFrames,
  startTestService,
  type TestRouter,
} from './service-scene.ts'

let server: TestRedis
let redis: RedisClient
let router: TestRouter
let closer: ReturnType<typeof createCloser>

beforeAll(async () => {
  server = await startTestRedis()
  redis = server.connect()
})
afterAll(() => server?.close())
beforeEach(() => {
  closer = createCloser()
  router = createTestRouter()
})
afterEach(async () => {
  await closer.close()
  await redis.flushall()
})

type Settings = Parameters<typeof startTestService>[2]

async function start(settings: Settings = {}, of: TestRouter = router): Promise<string> {
  return closer.add(await startTestService(server.url, of, settings), (opened) => opened.close()).url
}

/** The only entry there is; it is written a moment after the answer was given. */
async function entry(): Promise<{ key: string; ttl: number }> {
  await eventually(async () => (await redis.keys('llm:cache:*')).length === 1)
  const [key = ''] = await redis.keys('llm:cache:*')
  return { key, ttl: await redis.pttl(key) }
}

const base = { prompt: 'one question', temperature: 0.5, max_tokens: 10 }
const text = (reply: { body: Record<string, unknown> }) => reply.body.text
const cached = (reply: { body: Record<string, unknown> }) => reply.body.cached

describe('what shares an answer', () => {
  it.each([
    ['temperature', { temperature: 0.6 }],
    ['no temperature', { temperature: undefined }],
    ['temperature 0', { temperature: 0 }],
    ['max_tokens', { max_tokens: 11 }],
    ['system', { system: 'Be brief.' }],
    ['top_p', { top_p: 0.9 }],
    ['stop', { stop: '.' }],
    ['seed', { seed: 1 }],
    ['model', { model: 'gpt-4o' }],
  ])('is nothing with another %s', async (_what, change) => {
    const url = await start()
    await generate(url, base)
    expect(cached(await generate(url, { ...base, ...change }))).toBe(false)
    expect(cached(await generate(url, base))).toBe(true)
    expect(router.prompts).toHaveLength(2)
  })

  it('is nothing of another tenant, whose key is kept nowhere', async () => {
    const url = await start()
    const as = (key: string) => generate(url, base, { authorization: `Bearer ${key}` })
    await as('key-of-one')
    expect(cached(await as('key-of-other'))).toBe(false)
    expect(cached(await generate(url, base))).toBe(false)
    expect(cached(await as('key-of-one'))).toBe(true)
    await eventually(async () => (await redis.keys('llm:cache:*')).length === 3)
    const all = await redis.keys('*')
    const values = await Promise.all(all.map((key) => redis.get(key)))
    expect(JSON.stringify([all, values])).not.toContain('key-of')
  })

  it('is everything with equal text in the compatible form, but for tenants', async () => {
    const url = await start({ cacheKey: 'md5' })
    await generate(url, base)
    expect(cached(await generate(url, { ...base, temperature: 1, max_tokens: 5 }))).toBe(true)
    expect(cached(await generate(url, base, { 'x-api-key': 'k' }))).toBe(false)
    await eventually(async () => (await redis.exists('llm:cache:{84b8dfdbe71716c24694b3172fe4be99}')) === 1)
  })

  it('is nothing for those who do not want it', async () => {
    const url = await start()
    await generate(url, base)
    const fresh = { ...base, use_cache: false }
    const replies = await Promise.all([generate(url, fresh), generate(url, fresh)])
    expect(replies.map(cached)).toEqual([false, false])
    expect(router.prompts).toHaveLength(3)
  })

  it('is nothing where the cache is off', async () => {
    const url = await start({ cacheTtl: 0 })
    await generate(url, base)
    expect(cached(await generate(url, base))).toBe(false)
    expect(await redis.keys('llm:*')).toEqual([])
    expect((await call(url, '/cache/health')).body).toMatchObject({ status: 'off' })
    expect((await call(url, '/cache/clear', {})).body).toEqual({ status: 'cleared', removed: 0 })
  })
})

describe('what is kept', () => {
  it('lives as long as it should, give or take a tenth', async () => {
    const url = await start({ cacheTtl: 1_000_000 })
    await generate(url, base)
    const { ttl } = await entry()
    expect(ttl).toBeGreaterThan(870_000)
    expect(ttl).toBeLessThanOrEqual(1_100_000)
    expect(await redis.keys('llm:lock:*')).toEqual([])
  })

  it('lives for a short time when another provider has answered', async () => {
    const url = await start()
    router.fellBackFrom = ['anthropic']
    const first = await generate(url, base)
    expect(first.body.fell_back_from).toEqual(['anthropic'])
    expect((await entry()).ttl).toBeLessThanOrEqual(33_000)
    expect((await generate(url, base)).body).toEqual({ ...first.body, cached: true })
  })

  it('is no failure', async () => {
    const url = await start()
    router.behave(async function* () {
      yield* []
      throw new Error('no')
    })
    expect((await generate(url, base)).status).toBe(500)
    await eventually(async () => (await redis.dbsize()) === 0)
  })

  it.each(['no JSON', '{"text":"of another program"}', '[]'])(
    'is answered anew where it is damaged: %s',
    async (damage) => {
      const url = await start()
      await generate(url, base)
      await redis.set((await entry()).key, damage)
      const other = await start() // the first one has it in its memory
      expect(cached(await generate(other, base))).toBe(false)
      // Written with what else is to be written in the same few milliseconds.
      await eventually(async () => cached(await generate(other, base)) === true)
    },
  )

  it('is removed by POST /cache/clear, and nothing else is', async () => {
    const url = await start()
    await redis.set('other:key', 'stays')
    for (const prompt of ['a', 'b', 'c']) await generate(url, { prompt })
    expect((await call(url, '/cache/clear', {})).body).toEqual({ status: 'cleared', removed: 3 })
    expect(await redis.keys('*')).toEqual(['other:key'])
    expect(cached(await generate(url, { prompt: 'a' }))).toBe(false)
  })
})

describe('what another replica clears', () => {
  it('is gone here too, however often it was asked for', async () => {
    const [one, other] = [await start(), await start()]
    // What is held in memory ends by the news alone: for its time to live the clock stands still.
    const clock = vi.spyOn(performance, 'now').mockReturnValue(performance.now())
    closer.add(clock, (stopped) => stopped.mockRestore())
    await generate(one, base)
    for (let i = 0; i < 10; i++) expect(cached(await generate(one, base))).toBe(true)
    await eventually(async () => (await redis.dbsize()) === 1) // it is written some milliseconds later
    await call(other, '/cache/clear', {})
    expect(await redis.dbsize()).toBe(0)
    router.behave(async function* () {
      yield 'a new answer'
    })
    await eventually(async () => text(await generate(one, base)) === 'a new answer')
  })
})

describe('what is being made while the cache is cleared', () => {
  it('is answered but not kept', async () => {
    const url = await start()
    const gate = Promise.withResolvers<void>()
    router.behave(async function* () {
      await gate.promise
      yield 'of before'
    })
    const answer = generate(url, base)
    await eventually(() => router.prompts.length > 0)
    await call(url, '/cache/clear', {})
    gate.resolve()
    expect(text(await answer)).toBe('of before')
    router.behave(async function* () {
      yield 'of after'
    })
    expect(text(await generate(url, base))).toBe('of after')
  })
})

describe('50 equal questions at once', () => {
  it('are asked once, and all answered', async () => {
    const url = await start()
    const gate = Promise.withResolvers<void>()
    router.behave(async function* () {
      await gate.promise
      yield 'the '
      yield 'answer'
    })
    const wholes = Array.from({ length: 25 }, () => generate(url, base))
    const streams = Array.from({ length: 25 }, () => openStream(url, base))
    await eventually(() => router.prompts.length > 0)
    gate.resolve()
    for (const reply of await Promise.all(wholes)) expect(text(reply)).toBe('the answer')
    for (const stream of await Promise.all(streams)) {
      expect(readFrames(await stream.rest())).toMatchObject({ ended: true, done: { model: 'gpt-4' } })
    }
    expect(router.prompts).toHaveLength(1)
  })

  it('are asked once by two services together', async () => {
    const urls = [await start(), await start()]
    const gate = Promise.withResolvers<void>()
    router.behave(async function* () {
      await gate.promise
      yield 'the answer'
    })
    const asked = Array.from({ length: 50 }, (_, i) => generate(urls[i % 2] as string, base))
    await eventually(() => router.prompts.length > 0)
    // The second service waits for the first: it has looked, and found the lock.
    gate.resolve()
    const replies = await Promise.all(asked)
    expect(new Set(replies.map(text))).toEqual(new Set(['the answer']))
    expect(router.prompts).toHaveLength(1)
  })

  it('are answered by the other service when the provider fails the first', async () => {
    const [one, other] = [await start(), await start()]
    const gate = Promise.withResolvers<void>()
    router.behave(async function* () {
      if (router.prompts.length > 1) return yield 'from the second call'
      await gate.promise
      throw new Error('the first call fails')
    })
    const first = generate(one, base)
    await eventually(() => router.prompts.length === 1)
    const second = generate(other, base)
    gate.resolve()
    expect((await first).status).toBe(500)
    expect(text(await second)).toBe('from the second call')
  })
})

const answer: GenerateAnswer = {
  text: 'kept',
  model: 'm',
  provider: 'P',
  token_count: 2,
  input_tokens: 1,
  output_tokens: 1,
  cached: false,
  finish_reason: 'stop',
}

describe('the lock between processes', () => {
  const never = new AbortController().signal

  async function open(options: { lease?: number; patience?: number } = {}): Promise<ResponseCache> {
    const admin = server.connect()
    const guard = createCacheGuard({ log: silent })
    const cache = createResponseCache({ redis: admin, admin, guard, ttl: 60_000, ...options })
    return closer.add(cache, (opened) => opened.close())
  }

  it('is kept while its owner works, and given back with the answer', async () => {
    const [one, two] = [await open({ lease: 6_000 }), await open({ lease: 6_000 })]
    const claim = await one.claim('d', never)
    const waiting = two.claim('d', never)
    const token = await redis.get(lockKey('d'))
    let left = await redis.pttl(lockKey('d'))
    await eventually(async () => {
      const before = left
      left = await redis.pttl(lockKey('d'))
      return left > before
    })
    expect(await redis.get(lockKey('d'))).toBe(token)
    if ('store' in claim) claim.store(answer)
    expect(await waiting).toMatchObject({ answer: { ...answer, cached: true } })
    expect(await redis.exists(lockKey('d'))).toBe(0)
    expect(await redis.pttl(cacheKey('d'))).toBeLessThanOrEqual(66_000)
  })

  it('of an owner that has died is free when its lease is over', async () => {
    await redis.set(lockKey('d'), 'dead', 'PX', 300)
    const cache = await open()
    const claim = await cache.claim('d', never)
    expect(claim).toHaveProperty('store')
    expect(await redis.get(lockKey('d'))).not.toBe('dead')
    if ('release' in claim) claim.release()
    await eventually(async () => (await redis.exists(lockKey('d'))) === 0)
  })

  it('is not waited for without end, nor taken from its owner', async () => {
    await redis.set(lockKey('d'), 'slow')
    const cache = await open({ patience: 100 })
    const claim = await cache.claim('d', never)
    if ('store' in claim) claim.store(answer)
    await eventually(async () => (await redis.exists(cacheKey('d'))) === 1)
    expect(await redis.get(lockKey('d'))).toBe('slow')
  })

  it('is no longer waited for by those who leave', async () => {
    await redis.set(lockKey('d'), 'slow')
    const cache = await open()
    const leaving = new AbortController()
    const waiting = cache.claim('d', leaving.signal)
    leaving.abort(new Error('left'))
    await expect(waiting).rejects.toThrow('left')
  })

  it('is not needed where the answer came in between', async () => {
    const cache = await open()
    await redis.set(cacheKey('d'), JSON.stringify({ ...answer, cached: true }))
    expect(await cache.claim('d', never)).toMatchObject({ answer: { text: 'kept' } })
    expect(await redis.exists(lockKey('d'))).toBe(0)
  })
})
