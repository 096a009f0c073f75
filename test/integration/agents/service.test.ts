import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import type { CampaignReport, EventReport } from '../../../src/runtime/agents/index.ts'
import type { Campaign } from '../../../src/runtime/campaigns/index.ts'
import { createCloser } from '../../../src/runtime/kernel/index.ts'
import { startLlm } from '../../../src/runtime/llm/llm.ts'
import { options as llmOptions } from '../../../src/runtime/llm/options.ts'
import { freePort } from '../../../src/runtime/platform/process/index.ts'
import { startTestAgents, type TestAgents } from '../../support/agents.ts'
import { basic, startTestCampaigns, type TestCampaigns } from '../../support/campaigns.ts'
import { startCampaignsStub } from '../../support/campaigns-stub.ts'
import { Refusal, startLlmStub } from '../../support/llm-stub.ts'
import { eventually } from '../../support/program.ts'
import { silent } from '../../support/redis.ts'

let campaigns: TestCampaigns
let closer = createCloser()

beforeAll(async () => {
  campaigns = await startTestCampaigns()
})
afterAll(() => campaigns.close())
afterEach(async () => {
  await closer.close()
  closer = createCloser()
})

/** With the campaigns service found through Redis, unless something else is said. */
async function agents(given: Record<string, unknown> = {}): Promise<TestAgents> {
  const opened = await startTestAgents({ redisUrl: campaigns.redis.url, ...given })
  return closer.add(opened, (each) => each.close())
}

async function startMockLlm(given: Record<string, unknown> = {}): Promise<string> {
  const values = llmOptions.parse({
    ...{ redisUrl: campaigns.redis.url, port: 0, provider: 'mock', mockLatency: '0ms' },
    ...given,
  })
  const role = closer.add(await startLlm(values, { log: silent, name: 'llm-1' }), (opened) => opened.stop())
  return role.facts.url as string
}

async function llmStub(...script: Parameters<typeof startLlmStub>) {
  return closer.add(await startLlmStub(...script), (opened) => opened.close())
}

const runEvents = (to: TestAgents, body: object) => to.ask<EventReport>('/agents/event/run', { body })
const runCampaign = (to: TestAgents, body: object) => to.ask<CampaignReport>('/agents/campaign/run', { body })
const events = (count: number, prefix: string) =>
  Array.from({ length: count }, (_, i) => ({ event_id: `${prefix}-${i}`, amount: '1.50', merchant_id: 'M' }))
const SPRING = {
  name: 'Spring Sale 2024',
  starts_at: '2024-03-01T00:00:00Z',
  ends_at: '2024-04-01T00:00:00Z',
  rules: [{ conditions: { merchant_id: 'MERCHANT_001' }, reward: { type: 'fixed', amount: '5.00' } }],
}

describe('events by the agents service', () => {
  it('are registered with the real service, which is found through Redis, and once', async () => {
    const service = await agents({ batch: 100 })
    const given = { run_id: 'real-1', events: [...events(950, 'real'), { amount: 3 }, { amount: 'x' }] }
    const first = await runEvents(service, given)
    expect(first.status).toBe(200)
    expect(first.body).toMatchObject({
      run_id: 'real-1',
      complete: false,
      total: 952,
      registered: 951,
      failed: 1,
    })
    expect(first.body.failures).toMatchObject([{ index: 951, event_id: 'real-1-951', retryable: false }])
    expect(first.body.failures[0]?.field).toContain('amount')
    const second = await runEvents(service, given)
    expect(second.body).toMatchObject({ registered: 0, known: 951, failed: 1 })
    const { body: stored } = await campaigns.ask('/events/real-1-950')
    expect(stored).toMatchObject({ event_id: 'real-1-950', amount: '3' })
  })

  it('are processed', async () => {
    const { body: campaign } = await campaigns.ask<Campaign>('/campaigns', {
      body: { name: 'c', rules: [{ conditions: { merchant_id: 'PROCESSED' } }] },
    })
    const service = await agents({ campaignsServiceUrl: campaigns.url })
    const { body } = await runEvents(service, { events: [{ event_id: 'done', merchant_id: 'PROCESSED' }] })
    expect(body).toMatchObject({ complete: true, registered: 1 })
    expect(body.run_id).toMatch(/^[0-9a-f-]{36}$/)
    await eventually(async () => (await campaigns.ask('/events/done')).body.status === 'processed')
    const { body: event } = await campaigns.ask('/events/done')
    expect(event.matched_rule_id).toBe(campaign.rules[0]?.rule_id)
  })

  it('are refused with 503 when the service is away and none was registered', async () => {
    const campaignsServiceUrl = `http://127.0.0.1:${await freePort()}`
    const service = await agents({ campaignsServiceUrl, patience: '300ms' })
    const { status, body } = await runEvents(service, { run_id: 'gone', events: events(3, 'gone') })
    expect([status, body]).toMatchObject([503, { code: 'AGENT_RUN_STOPPED' }])
    expect((body as unknown as { detail: string }).detail).toMatch(
      /^run gone has registered nothing: .*127\.0\.0\.1/,
    )
  })

  it('are given up when the client leaves', async () => {
    const stub = closer.add(await startCampaignsStub(), (opened) => opened.close())
    const service = await agents({ campaignsServiceUrl: stub.url })
    const controller = new AbortController()
    stub.treat(() => {
      controller.abort()
      return 'hangs'
    })
    const { signal } = controller
    const headers = { 'content-type': 'application/json' }
    const body = JSON.stringify({ events: events(3, 'left') })
    const asked = fetch(`${service.url}/agents/event/run`, { method: 'POST', headers, body, signal })
    await expect(asked).rejects.toThrow()
    await eventually(async () =>
      /agent_runs_total\{.*agent="event",outcome="cancelled".*\} 1/.test(await metrics(service)),
    )
  })

  it('are not registered with a wrong password, and the report says so', async () => {
    const service = await agents({ campaignsServiceUrl: campaigns.url, apiPassword: 'wrong' })
    const { status, body } = await runEvents(service, { events: events(3, 'wrong') })
    expect(status).toBe(200)
    expect(body).toMatchObject({ complete: false, registered: 0, failed: 3 })
    expect(body.failures[0]).toMatchObject({ code: 'CAMPAIGNS_UNAUTHORIZED', retryable: false })
  })

  it.each([
    [{}, 'body.events'],
    [{ events: [] }, 'body.events'],
    [{ events: [{}], run_id: 'a b' }, 'body.run_id'],
    [{ events: [{}], runs: 1 }, 'body.runs'],
  ])('are refused when the request is %j', async (body, field) => {
    const service = await agents({ campaignsServiceUrl: campaigns.url })
    const answer = await service.ask('/agents/event/run', { body })
    expect(answer).toMatchObject({ status: 400, body: { code: 'HTTP_INVALID', field } })
  })
})

describe('campaigns by the agents service', () => {
  it('are described by the LLM service, which is found through Redis', async () => {
    await startMockLlm()
    const service = await agents()
    await eventually(async () => {
      const { body } = await service.ask<{ checks: Record<string, string> }>('/ready')
      return body.checks.llm === 'ok'
    })
    const { status, body } = await runCampaign(service, { campaign: SPRING, brief: 'for students' })
    expect(status).toBe(200)
    expect(body).toMatchObject({ name: SPRING.name, description_source: 'llm', fallback: null })
    expect(body.description.length).toBeGreaterThan(20)
    const { body: stored } = await campaigns.ask<Campaign>(`/campaigns/${body.campaign_id}`)
    expect(stored).toMatchObject({
      description: body.description,
      description_source: 'llm',
      status: 'active',
    })
    expect(stored.rules).toHaveLength(1)
    expect(await metrics(service)).toMatch(/agent_descriptions_total\{.*source="llm".*\} 1/)
  })

  it('are made once for a run, whatever the description would be the second time', async () => {
    const llm = await llmStub(() => 'The first text.')
    const service = await agents({ llmUrl: llm.url })
    const given = { campaign: SPRING, run_id: 'once' }
    const first = await runCampaign(service, given)
    llm.say(() => 'Another text.')
    const second = await runCampaign(service, given)
    expect(second.body).toMatchObject({
      campaign_id: first.body.campaign_id,
      description: 'The first text.',
      description_source: 'llm',
    })
    await llm.close()
    const third = await runCampaign(service, given)
    expect(third.body).toMatchObject({ campaign_id: first.body.campaign_id, description_source: 'llm' })
    const other = await runCampaign(service, { ...given, campaign: { ...SPRING, name: 'Other' } })
    expect(other).toMatchObject({ status: 409, body: { code: 'CAMPAIGN_CONFLICT' } })
  })

  it.each<[string, Parameters<typeof startLlmStub>[0], string]>([
    [
      'hangs',
      (_asked, signal) => new Promise((_, no) => signal.addEventListener('abort', no)),
      'LLM_TIMEOUT',
    ],
    [
      'allows nothing',
      () => Promise.reject(new Refusal(429, 'LLM_QUOTA_EXCEEDED', 'none left')),
      'LLM_QUOTA_EXCEEDED',
    ],
    ['answers with nothing', () => ' \n', 'LLM_UPSTREAM_FAILED'],
  ])('get the template when the LLM service %s', async (_name, script, code) => {
    const llm = await llmStub(script)
    const llmPatience = code === 'LLM_TIMEOUT' ? '500ms' : '30s'
    const service = await agents({ llmUrl: llm.url, llmPatience })
    const { status, body } = await runCampaign(service, { campaign: SPRING })
    expect(status).toBe(200)
    expect(body).toMatchObject({ description_source: 'template', fallback: { code } })
    expect(body.description).toMatch(/^Spring Sale 2024 runs from 1 March 2024 until 1 April 2024\./)
    const { body: stored } = await campaigns.ask<Campaign>(`/campaigns/${body.campaign_id}`)
    expect(stored.description_source).toBe('template')
    expect(await metrics(service)).toMatch(new RegExp(`agent_fallbacks_total\\{.*code="${code}".*\\} 1`))
  })

  it('get the template when nobody answers for the LLM service, and when it is left alone after that', async () => {
    const service = await agents({ llmUrl: `http://127.0.0.1:${await freePort()}` })
    for (const code of ['LLM_UNREACHABLE', 'LLM_UNREACHABLE', 'BALANCER_NO_REPLICA']) {
      const { body } = await runCampaign(service, { campaign: SPRING })
      expect(body).toMatchObject({ description_source: 'template', fallback: { code } })
    }
  })

  it('keep a description of their own', async () => {
    const llm = await llmStub()
    const service = await agents({ llmUrl: llm.url })
    const { body } = await runCampaign(service, { campaign: { ...SPRING, description: 'Mine.' } })
    expect(body).toMatchObject({ description: 'Mine.', description_source: 'user', fallback: null })
    expect(llm.asked).toEqual([])
  })

  it('are refused as the campaigns service refuses them', async () => {
    const llm = await llmStub()
    const service = await agents({ llmUrl: llm.url })
    const bad = { ...SPRING, rules: [{ conditions: { amount: { $gt3: 1 } } }] }
    const answer = await runCampaign(service, { campaign: bad })
    expect(answer).toMatchObject({ status: 422, body: { code: 'RULE_INVALID' } })
    expect((answer.body as unknown as { field: string }).field).toContain('$gt3')
  })

  it('are not made when the campaigns service is away', async () => {
    const llm = await llmStub()
    const url = `http://127.0.0.1:${await freePort()}`
    const service = await agents({ llmUrl: llm.url, campaignsServiceUrl: url })
    const { status, body } = await runCampaign(service, { campaign: SPRING })
    expect([status, body]).toMatchObject([503, { code: 'CAMPAIGNS_UNREACHABLE' }])
  })
})

describe('the agents service', () => {
  it('is ready without the services it uses, and says what is missing', async () => {
    const url = `http://127.0.0.1:${await freePort()}`
    const service = await agents({ campaignsServiceUrl: url, llmUrl: url })
    const { status, body } = await service.ask<{ checks: Record<string, string> }>('/ready')
    expect(status).toBe(200)
    expect(body.checks.redis).toBe('ok')
    expect(body.checks.campaigns).toMatch(/^degraded: /)
    expect(body.checks.llm).toMatch(/^degraded: /)
    const { body: there } = await (await agents()).ask<{ checks: Record<string, string> }>('/ready')
    expect(there.checks.campaigns).toBe('ok')
  })

  it('serves HTTP without Redis, with addresses', async () => {
    const redisUrl = `redis://127.0.0.1:${await freePort()}`
    const service = await agents({ redisUrl, campaignsServiceUrl: campaigns.url })
    const { body } = await runEvents(service, { events: events(5, 'no-redis') })
    expect(body).toMatchObject({ complete: true, registered: 5 })
  })

  it('asks for user and password where others can connect, but not on this machine', async () => {
    const given = { host: '0.0.0.0', campaignsServiceUrl: campaigns.url, apiPassword: 'long enough' }
    await expect(agents({ ...given, apiPassword: undefined })).rejects.toMatchObject({
      code: 'CAMPAIGNS_PASSWORD_WEAK',
    })
    const service = await agents(given)
    const body = { events: events(1, 'guarded') }
    expect(await service.ask('/agents/event/run', { body })).toMatchObject({
      status: 401,
      body: { code: 'CAMPAIGNS_UNAUTHORIZED' },
    })
    const headers = { authorization: basic('admin', 'long enough') }
    expect((await service.ask('/agents/event/run', { body, headers })).status).toBe(200)
    for (const path of ['/health', '/ready', '/metrics', '/openapi.json'])
      expect((await service.ask(path)).status).toBe(200)
  })

  it('describes its routes', async () => {
    const service = await agents()
    // biome-ignore lint/suspicious/noExplicitAny: a document
    const { body } = await service.ask<any>('/openapi.json')
    for (const [path, report] of [
      ['/agents/event/run', 'EventReport'],
      ['/agents/campaign/run', 'CampaignReport'],
    ] as const) {
      const { post } = body.paths[path]
      expect(post.requestBody.content['application/json'].schema.$ref).toMatch(/Run(Input)?$/)
      expect(post.responses[200].content['application/json'].schema.$ref).toBe(
        `#/components/schemas/${report}`,
      )
      expect(post.responses[503].content['application/problem+json'].schema.$ref).toBe(
        '#/components/schemas/Problem',
      )
      expect(post.operationId).toBeDefined()
    }
  })

  it('finishes runs before it stops', async () => {
    const stub = closer.add(await startCampaignsStub(), (opened) => opened.close())
    const service = await startTestAgents({
      ...{ redisUrl: campaigns.redis.url, campaignsServiceUrl: stub.url, drainTimeout: '50s' },
    })
    const begun = Promise.withResolvers<void>()
    stub.treat(() => {
      begun.resolve()
      return 'answers'
    })
    const run = runEvents(service, { events: events(40_000, 'stop') })
    await begun.promise
    await service.close()
    expect((await run).body).toMatchObject({ complete: true, registered: 40_000 })
  })

  it('ends runs that take longer than it may', async () => {
    const stub = closer.add(await startCampaignsStub(), (opened) => opened.close())
    const given = { redisUrl: campaigns.redis.url, campaignsServiceUrl: stub.url, drainTimeout: '200ms' }
    const service = await startTestAgents(given)
    const begun = Promise.withResolvers<void>()
    stub.treat(() => {
      begun.resolve()
      return 'hangs'
    })
    const run = runEvents(service, { events: events(10, 'late') }).catch((error: Error) => error)
    await begun.promise
    await expect(service.close()).rejects.toMatchObject({ code: 'DRAIN_TIMEOUT' })
    const ended = await run
    if (!(ended instanceof Error))
      expect(ended).toMatchObject({ status: 503, body: { code: 'AGENT_RUN_STOPPED' } })
  })
})

async function metrics(service: TestAgents): Promise<string> {
  return (await service.ask<string>('/metrics')).body
}
