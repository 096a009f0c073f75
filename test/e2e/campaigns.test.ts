import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { CampaignReport, EventReport } from '../../src/runtime/agents/index.ts'
import type { Campaign, CampaignEvent, Earning, Rule } from '../../src/runtime/campaigns/index.ts'
import { ask } from '../support/campaign-faults.ts'
import { call } from '../support/events.ts'
import { agentctl, eventually, startServe, type TestServe, workplace } from '../support/program.ts'

/** Milliseconds the service may wait for an event to be processed before it answers. */
const WAIT = 'wait=30000'
const ROLES = ['--roles', 'gateway=1,campaigns=1,agents=1,llm=1']

const place = workplace()
let serve: TestServe

beforeAll(start)

afterAll(async () => {
  await serve?.stop()
  place.remove()
})

/** With its data kept: it is started again with it. */
async function start(): Promise<void> {
  serve = await startServe(place, ...ROLES)
  await eventually(async () => (await ask(campaigns(), '/ready')).status === 200)
}

const campaigns = () => serve.status.urls.campaigns as string
const agents = () => serve.status.urls.agents as string
const eventOf = async (id: string) => (await ask<CampaignEvent>(campaigns(), `/events/${id}?${WAIT}`)).body
const earningsOf = async (id: string) =>
  (await ask<{ earnings: Earning[] }>(campaigns(), `/earnings?event_id=${id}`)).body.earnings

/** Data of the bus events of a type, as `agentctl tail events` prints them; before the first of them there is no stream. */
async function toldOf(type: string): Promise<Record<string, unknown>[]> {
  const { stdout, exitCode } = await agentctl(place, 'tail', 'events', type, '--from', 'first', '--json')
  if (exitCode === 3) return []
  expect(exitCode).toBe(0)
  return stdout
    .split('\n')
    .filter(Boolean)
    .map((line) => (JSON.parse(line) as { data: Record<string, unknown> }).data)
}

let campaign: Campaign
let rule: Rule

describe('the campaign "Spring Sale 2024"', () => {
  it('is made with a rule, by whoever knows the password', async () => {
    const body = { name: 'Spring Sale 2024' }
    expect((await call(campaigns(), '/campaigns', { body })).status).toBe(401)
    const made = await ask<Campaign>(campaigns(), '/campaigns', body)
    expect(made).toMatchObject({ status: 201, body: { ...body, status: 'active', rules: [] } })
    campaign = made.body
    const added = await ask<Rule>(campaigns(), `/campaigns/${campaign.campaign_id}/rules`, {
      conditions: { merchant_id: 'MERCHANT_001' },
      reward: { type: 'percent', percent: 5 },
    })
    expect(added.status).toBe(201)
    rule = added.body
  })

  it('has an event processed, with the rule that matched and its earning, and the bus told', async () => {
    const accepted = await ask<CampaignEvent>(campaigns(), '/events', {
      ...{ merchant_id: 'MERCHANT_001', user_id: 'user-1', amount: 150.0 },
    })
    expect(accepted).toMatchObject({ status: 201, body: { status: 'pending' } })
    const id = accepted.body.event_id
    const ended = await eventOf(id)
    expect(ended).toMatchObject({ status: 'processed', matched_rule_id: rule.rule_id, attempts: 1 })
    const [earning] = ended.earnings
    expect(Number(earning?.amount)).toBe(7.5)
    expect(await earningsOf(id)).toEqual([earning])
    await eventually(async () => (await toldOf('event.processed')).some(({ event_id }) => event_id === id))
    await eventually(async () => (await toldOf('earning.created')).some(({ event_id }) => event_id === id))
  })

  it('skips an event of another merchant', async () => {
    const body = { event_id: 'other', merchant_id: 'MERCHANT_002', amount: '150.00' }
    expect((await ask(campaigns(), '/events', body)).status).toBe(201)
    expect(await eventOf('other')).toMatchObject({ status: 'skipped', reason: 'no_match', earnings: [] })
    await eventually(async () => (await toldOf('event.skipped')).some(({ event_id }) => event_id === 'other'))
  })

  it('takes a repeat for what it is, and refuses other content under the same id', async () => {
    const body = { event_id: 'other', merchant_id: 'MERCHANT_002', amount: '150.00' }
    expect(await ask(campaigns(), '/events', body)).toMatchObject({
      status: 200,
      body: { status: 'skipped' },
    })
    expect(await ask(campaigns(), '/events', { ...body, amount: 151 })).toMatchObject({
      status: 409,
      body: { code: 'CAMPAIGN_EVENT_CONFLICT' },
    })
  })
})

describe('the agents', () => {
  it('register events by the hundred, and again without harm', async () => {
    const events = Array.from({ length: 1_200 }, (_, i) => ({
      ...{ event_id: `agent-${i}`, merchant_id: i % 2 ? 'MERCHANT_001' : 'MERCHANT_002', amount: i },
    }))
    const run = async () =>
      (await call(agents(), '/agents/event/run', { body: { run_id: 'night', events } })).body
    const report = (await run()) as unknown as EventReport
    expect(report).toMatchObject({ complete: true, total: 1_200, registered: 1_200, known: 0, failed: 0 })
    expect(await run()).toMatchObject({ complete: true, registered: 0, known: 1_200 })
    const [matching, other] = [await eventOf('agent-1199'), await eventOf('agent-1198')]
    expect(matching).toMatchObject({ status: 'processed', matched_rule_id: rule.rule_id })
    expect(Number(matching.earnings[0]?.amount)).toBe(59.95)
    expect(other.status).toBe('skipped')
  })

  it('make a campaign with a description that the LLM service has written', async () => {
    const body = {
      brief: 'Rewards for early birds',
      campaign: { name: 'Early Birds', rules: [{ conditions: { 'data.hour': { $lt: 8 } } }] },
    }
    const { status, body: report } = await call(agents(), '/agents/campaign/run', { body })
    const { campaign_id: id, ...rest } = report as unknown as CampaignReport
    expect([status, rest]).toMatchObject([200, { description_source: 'llm', fallback: null }])
    const { body: stored } = await ask<Campaign>(campaigns(), `/campaigns/${id}`)
    expect(stored).toMatchObject({ name: 'Early Birds', description: rest.description })
    expect(stored.description).not.toBe('')
  })
})

describe('after a restart with the same folder', () => {
  it('everything is still there, and goes on', async () => {
    const before = await earningsOf('agent-1199')
    expect(before).toHaveLength(1)
    await serve.stop()
    await start()
    const { body } = await ask<Campaign>(campaigns(), `/campaigns/${campaign.campaign_id}`)
    expect(body).toMatchObject({ name: 'Spring Sale 2024', rules: [{ rule_id: rule.rule_id }] })
    expect(await earningsOf('agent-1199')).toEqual(before)
    expect(await eventOf('agent-1199')).toMatchObject({ status: 'processed' })
    await ask(campaigns(), '/events', { event_id: 'later', merchant_id: 'MERCHANT_001', amount: 10 })
    expect(await eventOf('later')).toMatchObject({ status: 'processed', matched_rule_id: rule.rule_id })
  })
})
