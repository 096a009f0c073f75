import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Campaign, CampaignEvent, Earning } from '../../../src/runtime/campaigns/index.ts'
import { startTestCampaigns, type TestCampaigns } from '../../support/campaigns.ts'
import { execute } from '../../support/postgres.ts'

interface List {
  earnings: Earning[]
  total: Record<string, string>
  next?: string
}

let service: TestCampaigns

beforeAll(async () => {
  service = await startTestCampaigns({ options: { poll: '1h' } })
})
afterAll(() => service?.close())

async function makeCampaign(body: object): Promise<Campaign> {
  const made = await service.ask<Campaign>('/campaigns', { body: { name: 'c', ...body } })
  expect(made.status).toBe(201)
  return made.body
}

async function register(event: object): Promise<CampaignEvent> {
  const { status, body } = await service.ask<{ event_id: string }>('/events', { body: event })
  expect(status).toBe(201)
  const ended = await service.ask<CampaignEvent>(`/events/${body.event_id}?wait=20000`)
  expect(ended.body.status).not.toBe('pending')
  return ended.body
}

const list = async (query: string) => (await service.ask<List>(`/earnings?${query}`)).body
const reverse = (id: number | undefined, body: unknown = { reason: 'returned' }) =>
  service.ask<Earning>(`/earnings/${id}/reverse`, { body })
const spentOf = async (id: number) => (await service.ask<Campaign>(`/campaigns/${id}`)).body.spent

describe('the way of an event', () => {
  it('leads from POST to an earning', async () => {
    const campaign = await makeCampaign({
      name: 'Spring Sale 2024',
      rules: [{ conditions: { merchant_id: 'MERCHANT_001' }, reward: { type: 'percent', percent: 5 } }],
    })
    const event = await register({
      merchant_id: 'MERCHANT_001',
      user_id: 'u0',
      amount: 150.0,
      currency: 'USD',
    })
    expect(event).toMatchObject({
      status: 'processed',
      matched_rule_id: campaign.rules[0]?.rule_id,
      earnings: [{ amount: '7.50', currency: 'USD', kind: 'earned', user_id: 'u0' }],
    })
    expect(await spentOf(campaign.campaign_id)).toBe('7.50')
  })
})

describe('GET /earnings', () => {
  let first: Campaign
  let second: Campaign
  beforeAll(async () => {
    const matching = (tag: string) => ({ 'data.tag': tag })
    first = await makeCampaign({
      matching: 'stackable',
      rules: [
        { conditions: matching('list'), priority: 2, reward: { type: 'fixed', amount: '1.10' } },
        { conditions: matching('list'), priority: 1, reward: { type: 'fixed', amount: 2 } },
      ],
    })
    second = await makeCampaign({
      currency: 'JPY',
      rules: [{ conditions: matching('list'), reward: { type: 'fixed', amount: 30 } }],
    })
    for (const i of [1, 2, 3])
      await register({ event_id: `list-${i}`, user_id: `u${i % 2}`, data: { tag: 'list' } })
  })

  it('filters, and sums by currency', async () => {
    const all = await list(`event_id=list-1`)
    expect(all.earnings).toHaveLength(3)
    expect(all.total).toEqual({ JPY: '30', USD: '3.10' })
    expect(await list(`campaign_id=${first.campaign_id}`)).toMatchObject({ total: { USD: '9.30' } })
    expect(await list(`campaign_id=${second.campaign_id}&user_id=u1`)).toMatchObject({ total: { JPY: '60' } })
    expect(await list(`rule_id=${first.rules[1]?.rule_id}`)).toMatchObject({ total: { USD: '6' } })
    expect(await list(`campaign_id=${first.campaign_id}&kind=reversal`)).toEqual({ earnings: [], total: {} })
    expect(await list('user_id=nobody')).toEqual({ earnings: [], total: {} })
  })

  it('pages from the newest to the oldest, with the total of all', async () => {
    const ids: number[] = []
    let after = ''
    for (let page = 0; page < 3; page++) {
      const { earnings, total, next } = await list(`campaign_id=${first.campaign_id}&limit=2${after}`)
      ids.push(...earnings.map(({ earning_id }) => earning_id))
      expect(total).toEqual({ USD: '9.30' })
      expect(next === undefined).toBe(page === 2)
      after = `&after=${next}`
    }
    expect(ids).toHaveLength(6)
    expect(ids).toEqual([...ids].sort((a, b) => b - a))
  })

  it.each(['user=u1', 'kind=given', 'campaign_id=x', 'limit=1000', 'user_id=', 'user_id=a%00b'])(
    'refuses ?%s',
    async (query) => {
      expect(await service.ask(`/earnings?${query}`)).toMatchObject({
        status: 400,
        body: { code: 'HTTP_INVALID', field: `query.${query.split('=')[0]}` },
      })
    },
  )
})

describe('a reversal', () => {
  async function earn(body: object = {}, user_id = 'u9') {
    const tag = `t${Math.random()}`
    const campaign = await makeCampaign({
      rules: [{ conditions: { 'data.tag': tag }, reward: { type: 'fixed', amount: '5.50' } }],
      ...body,
    })
    const again = () => register({ user_id, data: { tag } })
    const [earning] = (await again()).earnings
    return { campaign, earning: earning as Earning, again }
  }

  it('adds the negative, and gives the budget back', async () => {
    const { campaign, earning, again } = await earn({ budget: '6', budget_per_user: '6' })
    expect(await again()).toMatchObject({ status: 'skipped', reason: 'budget_exhausted' })
    expect(await reverse(earning.earning_id)).toMatchObject({
      status: 201,
      body: {
        amount: '-5.50',
        kind: 'reversal',
        reverses: earning.earning_id,
        reason: 'returned',
        user_id: 'u9',
      },
    })
    expect(await list(`campaign_id=${campaign.campaign_id}`)).toMatchObject({ total: { USD: '0.00' } })
    const { event_id, rule_id } = earning
    for (const way of [`event_id=${event_id}`, `rule_id=${rule_id}`, `rule_id=${rule_id}&user_id=u9`]) {
      const both = await list(way)
      expect(both).toMatchObject({
        earnings: [{ kind: 'reversal' }, { kind: 'earned' }],
        total: { USD: '0.00' },
      })
      expect(await list(`${way}&kind=reversal`)).toMatchObject({
        earnings: [both.earnings[0]],
        total: { USD: '-5.50' },
      })
      expect(await list(`${way}&kind=earned`)).toMatchObject({
        earnings: [both.earnings[1]],
        total: { USD: '5.50' },
      })
    }
    expect(await list(`event_id=${event_id}&rule_id=999999`)).toEqual({ earnings: [], total: {} })
    expect(Number(await spentOf(campaign.campaign_id))).toBe(0)
    expect(await again()).toMatchObject({ status: 'processed' })
  })

  it('is done once, however many ask for it', async () => {
    const { campaign, earning } = await earn()
    const answers = await Promise.all(Array.from({ length: 10 }, () => reverse(earning.earning_id)))
    expect(answers.map(({ status }) => status).sort()).toEqual([201, ...Array(9).fill(409)])
    expect(answers.find(({ status }) => status === 409)?.body).toMatchObject({ code: 'EARNING_REVERSED' })
    expect(Number(await spentOf(campaign.campaign_id))).toBe(0)
    const reversal = answers.find(({ status }) => status === 201)?.body
    expect(await reverse(reversal?.earning_id)).toMatchObject({
      status: 409,
      body: { code: 'EARNING_REVERSED' },
    })
  })

  it('is of an earning that there is, and says why', async () => {
    const { earning } = await earn()
    expect(await reverse(999_999)).toMatchObject({ status: 404, body: { code: 'EARNING_NOT_FOUND' } })
    for (const body of [
      {},
      { reason: '' },
      { reason: 'x'.repeat(1_001) },
      { reason: 'a\0b' },
      { reason: '\ud800' },
    ])
      expect(await reverse(earning.earning_id, body)).toMatchObject({
        status: 400,
        body: { field: 'body.reason' },
      })
  })

  it('is the only way: the ledger cannot be changed', async () => {
    for (const statement of [
      'UPDATE earnings SET amount = 0',
      'DELETE FROM earnings',
      'TRUNCATE earnings CASCADE',
    ])
      await expect(execute(service.databaseUrl, statement)).rejects.toThrow('reverse them')
  })
})

describe('budgets that change', () => {
  it('may be taken away and set again: what users have spent meanwhile counts', async () => {
    const tag = 'recount'
    const { campaign_id } = await makeCampaign({
      budget_per_user: '10',
      rules: [{ conditions: { 'data.tag': tag }, reward: { type: 'fixed', amount: 4 } }],
    })
    const set = (budget_per_user: string | null) =>
      service.ask(`/campaigns/${campaign_id}`, { method: 'PATCH', body: { budget_per_user } })
    const earn = async () => (await register({ user_id: 'u1', data: { tag } })).status
    expect([await earn(), await earn(), await earn()]).toEqual(['processed', 'processed', 'skipped'])
    await set(null)
    expect(await earn()).toBe('processed')
    await set('16')
    expect([await earn(), await earn()]).toEqual(['processed', 'skipped'])
    expect(
      await service.ask(`/campaigns/${campaign_id}`, { method: 'PATCH', body: { budget: 15 } }),
    ).toMatchObject({
      status: 409,
      body: { code: 'CAMPAIGN_BUDGET_SPENT', detail: expect.stringContaining('16') },
    })
  })
})
