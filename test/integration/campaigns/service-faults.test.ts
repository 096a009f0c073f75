import { once } from 'node:events'
import { createServer } from 'node:net'
import { afterAll, afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createBalancer } from '../../../src/runtime/balancer/index.ts'
import { startCampaigns } from '../../../src/runtime/campaigns/campaigns.ts'
import { CAMPAIGNS_POOL, type CampaignEvent } from '../../../src/runtime/campaigns/index.ts'
import { options } from '../../../src/runtime/campaigns/options.ts'
import { createCloser } from '../../../src/runtime/kernel/index.ts'
import { freePort } from '../../../src/runtime/platform/process/index.ts'
import { askService, basic, startTestCampaigns } from '../../support/campaigns.ts'
import { createTestDatabase, startTestPostgres } from '../../support/postgres.ts'
import { eventually } from '../../support/program.ts'
import { silent, startTestRedis } from '../../support/redis.ts'
import { readableLog } from '../../support/storage-role.ts'

let closer = createCloser()
beforeEach(() => {
  closer = createCloser()
})
afterEach(() => closer.close())
afterAll(() => closer.close())

const authorization = basic('admin', 'your_password')
const start = async (flags: Record<string, unknown>, log = silent) => {
  const role = await startCampaigns(options.parse({ port: 0, ...flags }), { log, name: 'campaigns-1' })
  closer.add(role, (opened) => opened.stop())
  return role.facts.url as string
}
const nowhere = async () => `redis://127.0.0.1:${await freePort()}`

/** Every route that needs the database, with a request that is valid. */
const ROUTES: [method: 'GET' | 'POST' | 'PATCH' | 'PUT' | 'DELETE', path: string, body?: object][] = [
  ['GET', '/campaigns'],
  ['POST', '/campaigns', { name: 'x' }],
  ['GET', '/campaigns/1'],
  ['PATCH', '/campaigns/1', { name: 'x' }],
  ['POST', '/campaigns/1/rules', { conditions: {} }],
  ['PATCH', '/campaigns/1/rules/1', { active: false }],
  ['POST', '/events', { event_id: 'e' }],
  ['POST', '/events/batch', { events: [{ event_id: 'e' }] }],
  ['GET', '/events/e'],
  ['GET', '/earnings'],
  ['POST', '/earnings/1/reverse', { reason: 'x' }],
  ['POST', '/rules/test', { event: {} }],
  ['GET', '/configuration'],
  ['GET', '/configuration/a'],
  ['PUT', '/configuration/a', { value: 'x', secret: false }],
  ['DELETE', '/configuration/a'],
]

async function expectAway(url: string): Promise<void> {
  for (const [method, path, body] of ROUTES) {
    const answer = await askService<{ code: string; fix: string }>(url, path, {
      ...{ method, headers: { authorization } },
      ...(body && { body }),
    })
    expect({ path, ...answer }).toMatchObject({ path, status: 503, body: { code: 'DATABASE_UNREACHABLE' } })
    expect(Number(answer.headers.get('retry-after'))).toBeGreaterThanOrEqual(1)
    expect(JSON.stringify(answer.body)).not.toContain('your_password')
  }
}

describe('without its database', () => {
  it('comes up, says so on every route, and begins when the database is there', async () => {
    const port = await freePort()
    const { log, lines } = readableLog()
    const redis = closer.add(await startTestRedis(), (opened) => opened.close())
    const databaseUrl = `postgres://agentctl:secret-of-mine@127.0.0.1:${port}/agentctl`
    const url = await start({ databaseUrl, redisUrl: redis.url }, log)
    await expectAway(url)
    expect(await askService(url, '/health')).toMatchObject({ status: 200 })
    expect(await askService(url, '/ready')).toMatchObject({
      status: 503,
      body: { status: 'unready', checks: { database: expect.any(String), redis: 'ok' } },
    })
    // What needs no database works, and what is wrong is told as ever.
    const headers = { authorization }
    const trial = { conditions: { amount: 1 }, event: { amount: 1 } }
    expect(await askService(url, '/rules/test', { body: trial, headers })).toMatchObject({ status: 200 })
    expect(await askService(url, '/campaigns', { body: {}, headers })).toMatchObject({ status: 400 })
    expect(JSON.stringify(lines)).not.toContain('secret-of-mine')
    const failures = lines.filter(({ msg }) => msg === 'request failed')
    expect(failures.length).toBeGreaterThan(0)
    for (const line of failures) {
      expect(line).toMatchObject({ level: 40, code: 'DATABASE_UNREACHABLE' })
      expect(line).not.toHaveProperty('err')
    }
  })

  it('waits for a server that accepts connections and says nothing', async () => {
    const server = createServer(() => {})
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    const sockets = new Set<{ destroy(): void }>()
    server.on('connection', (socket) => sockets.add(socket))
    closer.add(server, () => {
      for (const socket of sockets) socket.destroy()
      server.close()
    })
    const { port } = server.address() as { port: number }
    const url = await start({ databaseUrl: `postgres://a:b@127.0.0.1:${port}/c`, redisUrl: await nowhere() })
    const answer = await askService(url, '/campaigns', { headers: { authorization } })
    expect(answer).toMatchObject({ status: 503, body: { code: 'DATABASE_UNREACHABLE' } })
  })

  it('outlives a crash of the database, and goes on with what it had', async () => {
    const postgres = closer.add(await startTestPostgres(), (opened) => opened.close())
    const redis = closer.add(await startTestRedis(), (opened) => opened.close())
    const { log, lines } = readableLog()
    const service = closer.add(
      await startTestCampaigns({ redis, databaseUrl: postgres.url, log, options: { poll: '200ms' } }),
      (opened) => opened.close(),
    )
    const body = { name: 'x', rules: [{ conditions: {}, reward: { type: 'fixed', amount: 1 } }] }
    const headers = { 'idempotency-key': 'k' }
    const made = await service.ask<{ campaign_id: number }>('/campaigns', { body, headers })
    expect(made.status).toBe(201)
    await postgres.kill()
    await expectAway(service.url)
    expect(await service.ask('/ready')).toMatchObject({ status: 503 })
    await postgres.start()
    await eventually(async () => (await service.ask('/ready')).status === 200, 30_000)
    expect(await service.ask('/campaigns', { body, headers })).toMatchObject({
      status: 200,
      body: { campaign_id: made.body.campaign_id },
    })
    await service.ask('/events', { body: { event_id: 'after', user_id: 'u' } })
    const ended = await service.ask<CampaignEvent>('/events/after?wait=30000')
    expect(ended.body).toMatchObject({ status: 'processed', earnings: [{ amount: '1' }] })
    for (const line of lines.filter(({ msg }) => msg === 'request failed')) expect(line.level).toBe(40)
  })

  it('is not started with one that refuses it, or with none', async () => {
    const database = closer.add(await createTestDatabase(), (opened) => opened.drop())
    const wrong = new URL(database.url)
    wrong.password = 'wrong'
    const redisUrl = await nowhere()
    await expect(start({ databaseUrl: wrong.href, redisUrl })).rejects.toMatchObject({
      code: 'DATABASE_REFUSED',
    })
    await expect(start({ redisUrl })).rejects.toMatchObject({ code: 'DATABASE_URL_MISSING' })
    await expect(start({ databaseUrl: database.url, redisUrl: 'http://x' })).rejects.toMatchObject({
      code: 'REDIS_URL_INVALID',
    })
  })
})

describe('without Redis', () => {
  it('serves and processes all the same, and says so', async () => {
    const database = closer.add(await createTestDatabase(), (opened) => opened.drop())
    const url = await start({ databaseUrl: database.url, redisUrl: await nowhere() })
    await eventually(async () => (await askService(url, '/ready')).status === 200, 30_000)
    expect((await askService(url, '/ready')).body).toMatchObject({
      status: 'ready',
      checks: { database: 'ok', redis: expect.stringMatching(/^degraded/) },
    })
    const headers = { authorization }
    await askService(url, '/campaigns', { body: { name: 'x', rules: [{ conditions: {} }] }, headers })
    await askService(url, '/events', { body: { event_id: 'e' }, headers })
    expect(await askService(url, '/events/e?wait=20000', { headers })).toMatchObject({
      body: { status: 'processed' },
    })
  })
})

describe('the role', () => {
  it('is found by the balancer until it stops, under the address that others reach', async () => {
    const redis = closer.add(await startTestRedis(), (opened) => opened.close())
    const service = closer.add(await startTestCampaigns({ redis }), (opened) => opened.close())
    const other = closer.add(
      await startTestCampaigns({ redis, options: { advertiseUrl: 'http://campaigns.example:8003' } }),
      (opened) => opened.close(),
    )
    const pool = closer.add(
      createBalancer({ redis: redis.connect('request'), pool: CAMPAIGNS_POOL, log: silent }),
      (opened) => opened.close(),
    )
    const found = async () => (await pool.replicas()).map(({ url }) => url).sort()
    await eventually(async () => (await found()).length === 2)
    expect(await found()).toEqual([service.url, 'http://campaigns.example:8003'].sort())
    await service.close()
    expect(await found()).toEqual(['http://campaigns.example:8003'])
    await other.close()
    expect(await found()).toEqual([])
  })

  it('answers what is under way before it stops', async () => {
    const service = closer.add(await startTestCampaigns({ options: { processors: 0 } }), (opened) =>
      opened.close(),
    )
    await service.ask('/events', { body: { event_id: 'e' } })
    // Nobody processes it: these would wait for a minute.
    const waiting = Array.from({ length: 5 }, () => service.ask<CampaignEvent>('/events/e?wait=60000'))
    const events = Array.from({ length: 500 }, (_, i) => ({ event_id: `b${i}` }))
    const batch = service.ask('/events/batch', { body: { events } })
    await batch // sent last, and answered: the others are under way as well
    const began = Date.now()
    await service.close()
    expect(Date.now() - began).toBeLessThan(30_000)
    for (const answer of await Promise.all(waiting))
      expect(answer).toMatchObject({ status: 200, body: { event_id: 'e', status: 'pending' } })
  })

  it('has migrated once, however many replicas start at once', async () => {
    const redis = closer.add(await startTestRedis(), (opened) => opened.close())
    const database = closer.add(await createTestDatabase(), (opened) => opened.drop())
    const urls = await Promise.all(
      [1, 2, 3].map(() => start({ databaseUrl: database.url, redisUrl: redis.url })),
    )
    for (const url of urls)
      await eventually(async () => (await askService(url, '/ready')).status === 200, 30_000)
    const [first = '', second = ''] = urls
    await askService(first, '/campaigns', { body: { name: 'shared' }, headers: { authorization } })
    expect((await askService(second, '/campaigns', { headers: { authorization } })).body).toMatchObject({
      campaigns: [{ name: 'shared' }],
    })
  })
})
