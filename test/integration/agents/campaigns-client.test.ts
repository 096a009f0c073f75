import { afterEach, describe, expect, it } from 'vitest'
import { fixedReplicas } from '../../../src/runtime/balancer/index.ts'
import { type CampaignsClient, createCampaignsClient } from '../../../src/runtime/campaigns/client/client.ts'
import { AgentctlError, createCloser } from '../../../src/runtime/kernel/index.ts'
import { freePort } from '../../../src/runtime/platform/process/index.ts'
import { monotonicClock } from '../../../src/runtime/resilience/index.ts'
import {
  type CampaignsStub,
  newStore,
  type StubStore,
  startCampaignsStub,
  type Treatment,
} from '../../support/campaigns-stub.ts'
import { silent } from '../../support/redis.ts'

let closer = createCloser()
afterEach(async () => {
  await closer.close()
  closer = createCloser()
})

async function stub(store?: StubStore): Promise<CampaignsStub> {
  return closer.add(await startCampaignsStub(store), (opened) => opened.close())
}

function client(urls: readonly string[], options: { attempts?: number } = {}): CampaignsClient {
  const replicas = fixedReplicas(urls, { clock: monotonicClock, random: () => 0 })
  const opened = createCampaignsClient({
    ...{ replicas, username: 'admin', password: 'sécret:1', log: silent, random: () => 0 },
    ...options,
  })
  return closer.add(opened, (each) => each.close())
}

const failure = (work: Promise<unknown>) =>
  work.then(
    () => undefined,
    (error: unknown) => error as AgentctlError,
  )
const within = (ms: number) => ({ deadline: Date.now() + ms })
const EVENTS = [{ event_id: 'a' }, { event_id: 'b' }]

describe('the client of the campaigns service', () => {
  it('asks the routes of the service, with user and password', async () => {
    const service = await stub()
    const campaigns = client([service.url])
    await campaigns.createCampaign({ name: 'Spring' })
    await campaigns.campaigns({ status: 'active', limit: 5, after: '9' })
    await campaigns.campaigns()
    await campaigns.campaign(7)
    await campaigns.changeCampaign(7, { status: 'paused' })
    await campaigns.addRule(7, { conditions: {} }, { key: 'k' })
    await campaigns.changeRule(7, 8, { active: false })
    await campaigns.testRule({ conditions: {}, event: {} })
    await campaigns.event('a/b')
    await campaigns.earnings({ campaign_id: 7, user_id: 'ü&', kind: 'earned' })
    await campaigns.reverseEarning(3, 'a mistake')
    expect(service.asked.map(({ method, path, body }) => [method, path, body])).toEqual([
      ['POST', '/campaigns', { name: 'Spring' }],
      ['GET', '/campaigns?status=active&limit=5&after=9', undefined],
      ['GET', '/campaigns', undefined],
      ['GET', '/campaigns/7', undefined],
      ['PATCH', '/campaigns/7', { status: 'paused' }],
      ['POST', '/campaigns/7/rules', { conditions: {} }],
      ['PATCH', '/campaigns/7/rules/8', { active: false }],
      ['POST', '/rules/test', { conditions: {}, event: {} }],
      ['GET', '/events/a%2Fb', undefined],
      ['GET', '/earnings?campaign_id=7&user_id=%C3%BC%26&kind=earned', undefined],
      ['POST', '/earnings/3/reverse', { reason: 'a mistake' }],
    ])
    const authorization = `Basic ${Buffer.from('admin:sécret:1').toString('base64')}`
    expect(new Set(service.asked.map(({ headers }) => headers.authorization))).toEqual(
      new Set([authorization]),
    )
    expect(service.asked[5]?.headers['idempotency-key']).toBe('k')
  })

  it.each<[string, Treatment]>([
    ['cuts the connection', 'cuts'],
    ['fails', { status: 500, code: 'INTERNAL' }],
    ['is a broken proxy', { status: 502, code: 'BAD_GATEWAY' }],
    ['has no database', { status: 503, code: 'DATABASE_UNREACHABLE', retryAfter: 60 }],
    ['has too much to do', { status: 429, code: 'LIMIT', retryAfter: 60 }],
  ])('asks another replica when one %s', async (_name, treatment) => {
    const store = newStore()
    const [bad, good] = [await stub(store), await stub(store)]
    bad.treat(() => treatment)
    const retries: unknown[] = []
    const onRetry = (error: unknown) => retries.push(error)
    const batch = await client([bad.url, good.url]).registerEvents(EVENTS, { ...within(30_000), onRetry })
    expect(batch.registered).toBe(2)
    expect([bad.asked.length, good.asked.length]).toEqual([1, 1])
    expect(retries).toHaveLength(1)
  })

  it('asks again under the same key when the answer was lost', async () => {
    const service = await stub()
    service.treat((_request, number) => (number === 1 ? 'lost' : 'answers'))
    expect(await client([service.url]).createCampaign({ name: 'Spring' })).toMatchObject({ campaign_id: 1 })
    const [first, second] = service.asked.map(({ headers }) => headers['idempotency-key'])
    expect(first).toMatch(/^[0-9a-f-]{36}$/)
    expect(second).toBe(first)
    expect(service.store.campaigns.size).toBe(1)
  })

  it('makes up a key for each call', async () => {
    const service = await stub()
    const campaigns = client([service.url])
    await Promise.all([campaigns.createCampaign({ name: 'a' }), campaigns.createCampaign({ name: 'b' })])
    expect(service.store.campaigns.size).toBe(2)
  })

  it('waits as long as a busy service asks for', async () => {
    const service = await stub()
    service.treat((_request, number) =>
      number === 1 ? { status: 503, code: 'DATABASE_UNREACHABLE', retryAfter: 1 } : 'answers',
    )
    const from = performance.now()
    await client([service.url]).campaigns({}, within(30_000))
    expect(performance.now() - from).toBeGreaterThan(990)
  })

  it('does not wait beyond the deadline: it says what the service has said', async () => {
    const service = await stub()
    service.treat(() => ({ status: 503, code: 'DATABASE_UNREACHABLE', retryAfter: 60 }))
    const error = await failure(client([service.url]).campaigns({}, within(5_000)))
    expect(error).toMatchObject({ code: 'DATABASE_UNREACHABLE', status: 503, retryAfter: 60_000 })
    expect(service.asked).toHaveLength(1)
  })

  it.each([400, 401, 404, 409, 413, 422])('asks once when the service answers %i', async (status) => {
    const service = await stub()
    service.treat(() => ({ status, code: 'SOME_CODE' }))
    const error = await failure(client([service.url]).campaign(1))
    expect(error).toMatchObject({ code: 'SOME_CODE', status, fix: 'Fix.', message: 'said SOME_CODE' })
    expect(service.asked).toHaveLength(1)
  })

  it('says that nobody answers, after so many tries', async () => {
    const url = `http://127.0.0.1:${await freePort()}`
    const error = await failure(client([url], { attempts: 3 }).campaigns())
    expect(error).toBeInstanceOf(AgentctlError)
    expect(error).toMatchObject({ code: 'CAMPAIGNS_UNREACHABLE', kind: 'unavailable' })
    expect(error?.message).toContain(url)
  })

  it('leaves a service alone that fails again and again, and says when it is asked again', async () => {
    const service = await stub()
    service.treat(() => 'cuts')
    const campaigns = client([service.url], { attempts: 5 })
    await failure(campaigns.campaigns())
    expect(service.asked).toHaveLength(5)
    const error = await failure(campaigns.campaigns())
    expect(error).toMatchObject({ code: 'BALANCER_NO_REPLICA' })
    expect(error?.retryAfter).toBeGreaterThan(0)
    expect(service.asked).toHaveLength(5)
  })

  it('has an end when the service hangs', async () => {
    const service = await stub()
    service.treat(() => 'hangs')
    const error = await failure(client([service.url], { attempts: 2 }).campaigns({}, within(600)))
    expect(error).toMatchObject({ code: 'CAMPAIGNS_TIMEOUT', kind: 'timeout' })
  })

  it('ends with the reason of its signal', async () => {
    const service = await stub()
    const controller = new AbortController()
    const reason = new Error('left')
    service.treat(() => {
      controller.abort(reason)
      return 'hangs'
    })
    expect(await failure(client([service.url]).campaigns({}, { signal: controller.signal }))).toBe(reason)
  })

  it('takes an answer that is none for a broken service', async () => {
    const service = await stub()
    const campaigns = client([service.url], { attempts: 1 })
    // It answers two events with the results of none.
    const asked = campaigns.registerEvents({ length: 2, toJSON: () => [] } as unknown as unknown[])
    expect(await failure(asked)).toMatchObject({ code: 'CAMPAIGNS_UNREACHABLE' })
  })

  it('waits patiently for a service that is away', async () => {
    const service = await stub()
    await service.down()
    const campaigns = client([service.url], { attempts: 2 })
    let failures = 0
    const onRetry = () => {
      // By now it is left alone: it is waited for all the same.
      if (++failures === 6) void service.up()
    }
    const batch = await campaigns.registerEvents(EVENTS, { patient: true, onRetry, ...within(60_000) })
    expect(batch.registered).toBe(2)
    expect(failures).toBeGreaterThanOrEqual(6)
  })

  it('is patient no longer than its deadline, nor with a service that answers and fails', async () => {
    const service = await stub()
    await service.down()
    const gone = await failure(client([service.url]).campaigns({}, { patient: true, ...within(300) }))
    expect(gone).toMatchObject({ code: 'CAMPAIGNS_UNREACHABLE' })
    await service.up()
    service.treat(() => ({ status: 500, code: 'INTERNAL' }))
    const asked = client([service.url], { attempts: 3 }).campaigns({}, { patient: true })
    expect(await failure(asked)).toMatchObject({ code: 'INTERNAL' })
    expect(service.asked).toHaveLength(3)
  })
})
