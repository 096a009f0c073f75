import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createCloser } from '../../../src/runtime/kernel/index.ts'
import { freePort } from '../../../src/runtime/platform/process/index.ts'
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
} from './service-scene.ts'

let server: TestRedis
let router: TestRouter
let service: TestService
let closer: ReturnType<typeof createCloser>

beforeEach(async () => {
  closer = createCloser()
  server = closer.add(await startTestRedis(), (opened) => opened.close())
  router = createTestRouter()
  const settings = { quotaRequests: 1_000_000, quotaTokens: 1_000_000 }
  const opening = startTestService(server.url, router, settings, { purpose: 'cache' })
  service = closer.add(await opening, (opened) => opened.close())
})
afterEach(() => closer.close())

let asked = 0
const ask = (prompt = `question ${++asked}`) => generate(service.url, { prompt })

/** Longer than any answer may take here, shorter than any time-out of a Redis client that waits. */
async function allWithin(ms: number, replies: Promise<{ status: number }>[]): Promise<number[]> {
  const late = new Promise<never>((_, reject) => {
    setTimeout(() => reject(new Error(`not all were answered within ${ms} ms`)), ms).unref()
  })
  return (await Promise.race([Promise.all(replies), late])).map(({ status }) => status)
}

describe('a service whose Redis is killed', () => {
  it('goes on answering, and uses the cache again when Redis is back', async () => {
    expect((await ask('a')).status).toBe(200)
    const under = Array.from({ length: 20 }, () => ask())
    await server.kill()
    const after = Array.from({ length: 20 }, () => ask())
    expect(new Set(await allWithin(10_000, [...under, ...after]))).toEqual(new Set([200]))
    const stream = await openStream(service.url, { prompt: 'streamed' })
    expect(readFrames(await stream.rest())).toMatchObject({ ended: true })
    const health = await call(service.url, '/cache/health')
    expect(health).toMatchObject({ status: 200, body: { status: 'degraded', error: expect.any(String) } })
    expect(await call(service.url, '/ready')).toMatchObject({
      status: 200,
      body: { status: 'ready', checks: { cache: expect.stringMatching(/^degraded: /) } },
    })
    await server.start()
    await eventually(async () => {
      await ask('b')
      return (await ask('b')).body.cached === true
    })
    // It gives Redis a moment only, which a busy machine may need.
    await eventually(async () => (await call(service.url, '/cache/health')).body.status === 'ok')
    expect((await call(service.url, '/cache/health')).body).toMatchObject({ ttl_s: 3_600 })
  })

  it('says so when the cache is to be cleared', async () => {
    await server.kill()
    expect(await call(service.url, '/cache/clear', {})).toMatchObject({
      status: 503,
      body: { code: 'REDIS_UNREACHABLE' },
    })
  })

  it('shares the answer among equal questions all the same', async () => {
    await server.kill()
    const gate = Promise.withResolvers<void>()
    router.behave(async function* () {
      await gate.promise
      yield 'shared'
    })
    const replies = Array.from({ length: 20 }, () => ask('same'))
    await eventually(async () => (await service.metrics()).includes('llm_requests_active 20'))
    await eventually(() => router.prompts.length === 1)
    gate.resolve()
    expect((await Promise.all(replies)).map(({ body }) => body.text)).toEqual(replies.map(() => 'shared'))
    expect(router.prompts).toHaveLength(1)
  })
})

describe('a service whose Redis hangs', () => {
  it('does not hang with it', async () => {
    await ask('a')
    process.kill(server.pid(), 'SIGSTOP')
    try {
      const replies = Array.from({ length: 20 }, () => ask())
      expect(new Set(await allWithin(10_000, replies))).toEqual(new Set([200]))
      // It is left alone by now: nobody waits for it at all.
      expect(
        new Set(
          await allWithin(
            10_000,
            Array.from({ length: 20 }, () => ask()),
          ),
        ),
      ).toEqual(new Set([200]))
    } finally {
      process.kill(server.pid(), 'SIGCONT')
    }
    await eventually(async () => {
      await ask('c')
      return (await ask('c')).body.cached === true
    })
  })
})

describe('a service that has never seen its Redis', () => {
  it('answers', async () => {
    const nowhere = `redis://127.0.0.1:${await freePort()}`
    const opening = startTestService(nowhere, router, {}, { waits: false, purpose: 'cache' })
    const alone = closer.add(await opening, (opened) => opened.close())
    const replies = await Promise.all(
      Array.from({ length: 5 }, (_, i) => generate(alone.url, { prompt: `alone ${i}` })),
    )
    expect(replies.map(({ status }) => status)).toEqual([200, 200, 200, 200, 200])
  })
})
