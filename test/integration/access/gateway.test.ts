import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { createKeyStore, type NewKey } from '../../../src/runtime/access/index.ts'
import type { RedisClient } from '../../../src/runtime/platform/redis/index.ts'
import { startTestGateway, type TestGateway } from '../../support/gateway.ts'
import { startTestRedis, type TestRedis } from '../../support/redis.ts'

let server: TestRedis
let redis: RedisClient
const gateways: TestGateway[] = []

beforeAll(async () => {
  server = await startTestRedis()
  redis = server.connect()
})
afterEach(async () => {
  await Promise.all(gateways.splice(0).map((gateway) => gateway.stop()))
})
afterAll(() => server?.close())

async function gateway(settings: Record<string, unknown> = {}): Promise<TestGateway> {
  const started = await startTestGateway({ redisUrl: server.url, auth: 'keys', ...settings })
  gateways.push(started)
  return started
}

const newKey = (wanted: Partial<NewKey> = {}) =>
  createKeyStore(redis).create({ name: 'test', scopes: ['events'], ...wanted })

const bearer = (key: string) => ({ authorization: `Bearer ${key}` })
const event = { body: { a: 1 } }

describe('who is let in', () => {
  it('nobody without a key, anybody with one that has the scope, by either header', async () => {
    const { ask, log } = await gateway()
    const { key, record } = await newKey()
    const refused = await ask('/events/a.b', event)
    expect(refused).toMatchObject({ status: 401, body: { code: 'ACCESS_KEY_REQUIRED' } })
    expect(refused.headers.get('www-authenticate')).toBe('Bearer realm="agentctl"')
    expect(await ask('/events/a.b', { ...event, headers: bearer(key) })).toMatchObject({ status: 201 })
    expect(await ask('/events/a.b', { ...event, headers: { 'x-api-key': key } })).toMatchObject({
      status: 201,
    })
    const denied = await ask('/api/evals', { headers: bearer(key) })
    expect(denied).toMatchObject({ status: 403, body: { code: 'ACCESS_DENIED' } })
    expect(denied.body.detail).toContain('"eval"')
    expect(denied.headers.get('www-authenticate')).toContain('scope="eval"')
    const audit = log.map((line) => JSON.parse(line)).filter(({ audit }) => audit === 'refused')
    expect(audit).toMatchObject([
      { code: 'ACCESS_KEY_REQUIRED', route: '/events/:type' },
      { code: 'ACCESS_DENIED', key: record.id, route: '/api/evals' },
    ])
    expect(log.join('')).not.toContain(key)
  })

  it('tells a slip from a key nobody knows, and neither logs nor answers what was sent', async () => {
    const { ask, log } = await gateway()
    const { key } = await newKey()
    const slip = `${key.slice(0, -1)}${key.endsWith('a') ? 'b' : 'a'}`
    const mistyped = await ask('/events/a.b', { headers: bearer(slip) })
    expect(mistyped).toMatchObject({ status: 401, body: { code: 'ACCESS_KEY_INVALID' } })
    expect(mistyped.body.detail).toContain('mistyped')
    const { key: gone, record } = await newKey()
    await redis.del(`{access}:key:${record.id}`)
    const unknown = await ask('/events/a.b', { headers: bearer(gone) })
    expect(unknown).toMatchObject({ status: 401, body: { code: 'ACCESS_KEY_INVALID' } })
    expect(unknown.body.detail).not.toContain('mistyped')
    for (const secret of [slip, gone]) {
      expect(log.join('')).not.toContain(secret)
      expect(JSON.stringify([mistyped.body, unknown.body])).not.toContain(secret)
    }
  })

  it('the right id with another secret is not let in', async () => {
    const { ask } = await gateway()
    const [one, other] = [await newKey({ scopes: ['admin'] }), await newKey({ scopes: ['admin'] })]
    // The records change places: each key's id now leads to the digest of the other.
    const digests = [one.record, other.record].map(({ digest }) => digest)
    await redis.hset(`{access}:key:${one.record.id}`, { digest: digests[1] as string })
    expect(await ask('/api/evals', { headers: bearer(one.key) })).toMatchObject({ status: 401 })
    expect(await ask('/events/a.b', { headers: bearer(other.key) })).toMatchObject({ status: 200 })
  })

  it('not once the key has expired', async () => {
    const { ask } = await gateway()
    const { key } = await newKey({ ttl: 1 })
    await expect
      .poll(() => ask('/events/a.b', { headers: bearer(key) }))
      .toMatchObject({
        status: 401,
        body: { code: 'ACCESS_KEY_ENDED', detail: expect.stringContaining('expired') },
      })
  })

  it('every route but those of the service itself takes a key', async () => {
    const { ask } = await gateway()
    const { body } = await ask('/openapi.json')
    const paths = body.paths as Record<string, Record<string, { security?: unknown; tags?: string[] }>>
    const open = Object.entries(paths).flatMap(([path, methods]) =>
      Object.entries(methods)
        .filter(([, route]) => route.security === undefined)
        .map(([method]) => `${method} ${path}`),
    )
    expect(open.toSorted()).toEqual(['get /health', 'get /metrics', 'get /ready'])
    for (const [path, methods] of Object.entries(paths)) {
      for (const method of Object.keys(methods)) {
        if (open.includes(`${method} ${path}`)) continue
        const { status } = await ask(path.replace(/\{\w+\}/g, 'x'), { method: method.toUpperCase() })
        expect([path, method, status]).toEqual([path, method, 401])
      }
    }
  })

  it('the metrics are open, unless they are told not to be', async () => {
    const open = await gateway()
    const { text } = (await open.ask('/metrics')).body
    expect(text).toContain('agentctl_access_refusals_total{reason="missing",role="gateway"} 0')
    const shut = await gateway({ authMetrics: 'keys' })
    expect(await shut.ask('/metrics')).toMatchObject({ status: 401 })
    const { key } = await newKey({ scopes: ['metrics'] })
    expect(await shut.ask('/metrics', { headers: bearer(key) })).toMatchObject({ status: 200 })
    expect(await shut.ask('/health')).toMatchObject({ status: 200 })
    const half = await gateway({ auth: 'off', authMetrics: 'keys' })
    expect(await half.ask('/metrics')).toMatchObject({ status: 401 })
    expect(await half.ask('/metrics', { headers: bearer(key) })).toMatchObject({ status: 200 })
    expect(await half.ask('/api/evals')).not.toMatchObject({ status: 401 })
    const counted = await shut.ask('/metrics', { headers: bearer(key) })
    expect(counted.body.text).toContain('agentctl_access_refusals_total{reason="missing",role="gateway"} 1')
  })

  it('anybody beyond this machine, if somebody wants that, and is warned', async () => {
    const warnings = ({ log }: TestGateway) => log.filter((line) => line.includes('without authentication'))
    expect(warnings(await gateway({ auth: 'off', host: '0.0.0.0' }))).toHaveLength(1)
    expect(warnings(await gateway({ auth: 'off' }))).toHaveLength(0)
    expect(warnings(await gateway({ host: '0.0.0.0' }))).toHaveLength(0)
  })

  it('anybody, when nothing is set', async () => {
    const { ask } = await gateway({ auth: 'off' })
    expect(await ask('/events/a.b', event)).toMatchObject({ status: 201 })
    const { body } = await ask('/openapi.json')
    expect(JSON.stringify(body)).not.toContain('bearer')
  })
})

describe('a revoked key', () => {
  it('is refused everywhere, and what it follows is cut', async () => {
    const [one, other] = [await gateway(), await gateway()]
    const { key, record } = await newKey()
    const headers = bearer(key)
    for (const { ask } of [one, other])
      expect(await ask('/events/a.b', { headers })).toMatchObject({ status: 200 })
    const live = await fetch(`${one.url}/events/a.b/live`, { headers })
    expect(live.status).toBe(200)
    const ended = live.text().then(
      () => 'ended',
      () => 'cut',
    )
    await createKeyStore(redis).revoke(record.id)
    expect(await ended).toMatch(/ended|cut/)
    for (const { ask } of [one, other]) {
      await expect
        .poll(() => ask('/events/a.b', { headers }))
        .toMatchObject({
          status: 401,
          body: { code: 'ACCESS_KEY_ENDED', detail: expect.stringContaining('revoked') },
        })
    }
  })

  it('is refused also where the announcement was not heard', async () => {
    const { ask } = await gateway()
    const { key, record } = await newKey()
    expect(await ask('/events/a.b', { headers: bearer(key) })).toMatchObject({ status: 200 })
    await redis.hset(`{access}:key:${record.id}`, { revoked: '1' })
    await expect.poll(() => ask('/events/a.b', { headers: bearer(key) })).toMatchObject({ status: 401 })
  })
})

describe('limits', () => {
  it('so many requests a second, over all gateways, and Retry-After', async () => {
    const [one, other] = [await gateway(), await gateway()]
    const { key } = await newKey({ rate: 5 })
    const answers = await Promise.all(
      Array.from({ length: 60 }, (_, i) =>
        (i % 2 ? one : other).ask('/events/a.b', { headers: bearer(key) }),
      ),
    )
    const refused = answers.filter(({ status }) => status === 429)
    expect(refused.length).toBeGreaterThan(0)
    expect(refused[0]?.body.code).toBe('ACCESS_LIMIT')
    expect(Number(refused[0]?.headers.get('retry-after'))).toBeGreaterThanOrEqual(1)
    expect(answers.some(({ status }) => status === 200)).toBe(true)
    await expect.poll(() => one.ask('/events/a.b', { headers: bearer(key) })).toMatchObject({ status: 200 })
  })

  it('another key is not held up by it', async () => {
    const { ask } = await gateway()
    const [busy, calm] = [await newKey({ rate: 1 }), await newKey()]
    await Promise.all(Array.from({ length: 20 }, () => ask('/events/a.b', { headers: bearer(busy.key) })))
    expect(await ask('/events/a.b', { headers: bearer(calm.key) })).toMatchObject({ status: 200 })
  })

  it('so many under way at a time; one that has ended makes room', async () => {
    const { ask, url } = await gateway()
    const { key } = await newKey({ concurrent: 1 })
    const headers = bearer(key)
    const leaving = new AbortController()
    const live = await fetch(`${url}/events/a.b/live`, { headers, signal: leaving.signal })
    expect(live.status).toBe(200)
    expect(await ask('/events/a.b', { headers })).toMatchObject({
      status: 429,
      body: { code: 'ACCESS_LIMIT' },
    })
    leaving.abort()
    await live.text().catch(() => {})
    await expect.poll(() => ask('/events/a.b', { headers })).toMatchObject({ status: 200 })
  })
})

it('while Redis is away, a key that was used lately is let in, and no other', async () => {
  const own = await startTestRedis(false)
  const { ask } = await gateway({ redisUrl: own.url })
  const store = createKeyStore(own.connect('request'))
  const [used, unused] = [
    await store.create({ name: 'used', scopes: ['admin'] }),
    await store.create({ name: 'unused', scopes: ['admin'] }),
  ]
  expect(await ask('/nowhere', { headers: bearer(used.key) })).toMatchObject({ status: 404 })
  expect(await ask('/events/a.b', { headers: bearer(used.key) })).toMatchObject({ status: 200 })
  await own.kill()
  await expect
    .poll(() => ask('/events/a.b', { headers: bearer(unused.key) }))
    .toMatchObject({ status: 503, body: { code: 'ACCESS_UNAVAILABLE' } })
  // It is let in, and then finds out what everybody does.
  await expect
    .poll(() => ask('/events/a.b', { headers: bearer(used.key) }))
    .toMatchObject({ status: 503, body: { code: 'REDIS_UNREACHABLE' } })
  await own.close()
})
