import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { createCloser } from '../../../src/runtime/kernel/index.ts'
import { createCacheGuard } from '../../../src/runtime/llm/cache/guard.ts'
import { createQuotas, type Quotas } from '../../../src/runtime/llm/service/quotas.ts'
import type { RedisClient } from '../../../src/runtime/platform/redis/index.ts'
import { waitForRedis } from '../../../src/runtime/platform/redis/index.ts'
import { silent, startTestRedis, type TestRedis } from '../../support/redis.ts'
import { createTestRouter, generate, startTestService, untilAborted } from './service-scene.ts'

let server: TestRedis
let redis: RedisClient
let closer: ReturnType<typeof createCloser>

beforeAll(async () => {
  server = await startTestRedis()
  // Not `cache`, which gives up after 200 ms and has each replica count for itself: a busy machine may need longer.
  redis = server.connect()
  await waitForRedis(redis, server.url, 20_000)
})
afterAll(() => server?.close())
beforeEach(() => {
  closer = createCloser()
})
afterEach(async () => {
  await closer.close()
  await redis.flushall()
})

function open(limits: { requests?: number; tokens?: number }, client: RedisClient = redis): Quotas {
  const guard = createCacheGuard({ log: silent })
  return createQuotas({ redis: client, guard, requests: 0, tokens: 0, ...limits })
}

const exceeded = expect.objectContaining({ code: 'LLM_QUOTA_EXCEEDED', status: 429 })

describe('requests a minute', () => {
  it('are counted for each tenant, by all replicas together', async () => {
    const [one, two] = [open({ requests: 3 }), open({ requests: 3 })]
    await one.admit('a')
    await two.admit('a')
    await one.admit('a')
    await expect(two.admit('a')).rejects.toThrow(exceeded)
    await two.admit('b')
  })

  it('come back within the minute that the refusal names', async () => {
    const quotas = open({ requests: 1 })
    await quotas.admit('a')
    const refusal = (await quotas.admit('a').catch((error) => error)) as { retryAfter: number }
    expect(refusal.retryAfter).toBeGreaterThan(0)
    expect(refusal.retryAfter).toBeLessThanOrEqual(60_000)
  })

  it('are exactly as many, however many come at once', async () => {
    const quotas = open({ requests: 10 })
    const results = await Promise.allSettled(Array.from({ length: 50 }, () => quotas.admit('a')))
    expect(results.filter(({ status }) => status === 'fulfilled')).toHaveLength(10)
  })
})

describe('tokens a day', () => {
  it('refuse what comes after they are used up', async () => {
    const quotas = open({ tokens: 100 })
    await quotas.admit('a')
    quotas.charge('a', 99)
    await quotas.admit('a')
    quotas.charge('a', 5)
    await expect(quotas.admit('a')).rejects.toThrow(exceeded)
    await quotas.admit('b')
  })

  it('that another replica has counted are known a second later', async () => {
    let time = 0
    const guard = createCacheGuard({ log: silent })
    const one = createQuotas({ redis, guard, requests: 0, tokens: 10, now: () => time })
    await one.admit('a')
    const other = open({ tokens: 10 })
    other.charge('a', 10)
    await other.close()
    time += 1_000
    await expect(one.admit('a')).rejects.toThrow(exceeded)
  })
})

describe('with Redis away', () => {
  it('nobody is refused for that, and each replica counts for itself', async () => {
    const away = await startTestRedis()
    closer.add(away, (opened) => opened.close())
    const client = away.connect('cache')
    await waitForRedis(client, away.url, 20_000)
    const quotas = open({ requests: 5, tokens: 1_000 }, client)
    await quotas.admit('a')
    await away.kill()
    for (let i = 0; i < 5; i++) await quotas.admit('a')
    await expect(quotas.admit('a')).rejects.toThrow(exceeded)
    await quotas.admit('b')
    quotas.charge('b', 1_000)
    await expect(quotas.admit('b')).rejects.toThrow(exceeded)
  })
})

describe('the service', () => {
  it('refuses with 429 and Retry-After, also what is in the cache', async () => {
    const router = createTestRouter()
    const service = closer.add(
      await startTestService(server.url, router, { quotaRequests: 2, quotaTokens: 1_000 }),
      (opened) => opened.close(),
    )
    const ask = (key: string) => generate(service.url, { prompt: 'hi' }, { 'x-api-key': key })
    expect((await ask('k')).status).toBe(200)
    expect((await ask('k')).body.cached).toBe(true)
    const refused = await ask('k')
    expect(refused).toMatchObject({ status: 429, body: { code: 'LLM_QUOTA_EXCEEDED' } })
    expect(Number(refused.headers['retry-after'])).toBeGreaterThan(0)
    expect(Number(refused.headers['retry-after'])).toBeLessThanOrEqual(60)
    expect((await ask('other')).status).toBe(200)
    expect(await service.metrics()).toContain('outcome="refused"} 1')
  })

  it('counts the tokens of answers it had to ask for, not of those in the cache', async () => {
    const router = createTestRouter()
    const service = closer.add(await startTestService(server.url, router, { quotaTokens: 4 }), (opened) =>
      opened.close(),
    )
    const ask = (prompt: string) => generate(service.url, { prompt })
    for (let i = 0; i < 10; i++) expect((await ask('a')).status).toBe(200) // 2 tokens once
    expect((await ask('b')).status).toBe(200)
    expect((await ask('c')).status).toBe(429)
  })

  it('counts what was sent of a stream whose client has left before its end', async () => {
    const router = createTestRouter()
    router.behave(async function* (_prompt, signal) {
      yield 'four'.repeat(25)
      await untilAborted(signal)
    })
    const service = closer.add(await startTestService(server.url, router, { quotaTokens: 20 }), (opened) =>
      opened.close(),
    )
    const leave = new AbortController()
    const response = await fetch(`${service.url}/generate`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ prompt: 'hi', stream: true }),
      signal: leave.signal,
    })
    await response.body?.getReader().read()
    leave.abort()
    await expect
      .poll(async () => (await generate(service.url, { prompt: 'again', timeout_ms: 20 })).status)
      .toBe(429)
  })
})
