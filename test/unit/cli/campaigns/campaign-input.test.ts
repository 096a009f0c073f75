import { describe, expect, it } from 'vitest'
import { campaignOf, changeOf } from '../../../../src/cli/campaigns/campaign-input.ts'
import { campaignText } from '../../../../src/cli/campaigns/campaign-text.ts'
import { eventText, totalLine } from '../../../../src/cli/campaigns/earning-text.ts'
import { listPages } from '../../../../src/cli/campaigns/list-pages.ts'
import { parseReward, rewardText } from '../../../../src/cli/campaigns/reward.ts'
import { ruleChangeOf, ruleOfFlags } from '../../../../src/cli/campaigns/rule-input.ts'
import type { Campaign, CampaignEvent } from '../../../../src/runtime/campaigns/index.ts'

describe('a reward', () => {
  it.each([
    ['2.50', { type: 'fixed', amount: '2.50' }],
    ['0', { type: 'fixed', amount: '0' }],
    ['5%', { type: 'percent', percent: '5' }],
    ['2.5% <= 20', { type: 'percent', percent: '2.5', most: '20' }],
  ])('%s', (text, reward) => {
    expect(parseReward(text)).toEqual(reward)
    expect(parseReward(rewardText(parseReward(text)))).toEqual(reward)
  })

  it.each(['', 'five', '-1', '5%%', '5%<=', '1e3', '5 EUR'])('%j is none', (text) => {
    expect(() => parseReward(text)).toThrow('--reward')
  })
})

describe('a campaign of flags', () => {
  it('has what was given, and defaults', () => {
    const rule = ruleOfFlags({ where: '{"amount":{"$gte":100}}', reward: '5%<=20' })
    const flags = { budget: '1000', 'budget-per-user': '50.5', currency: 'EUR', starts: '2026-03-01' }
    expect(campaignOf('Spring', flags, rule ? [rule] : [])).toMatchObject({
      name: 'Spring',
      description: null,
      status: 'active',
      matching: 'first_match',
      currency: 'EUR',
      budget: '1000',
      budget_per_user: '50.5',
      starts_at: '2026-03-01T00:00:00.000Z',
      ends_at: null,
      rules: [
        {
          conditions: { amount: { $gte: 100 } },
          priority: 0,
          reward: { type: 'percent', percent: '5', most: '20' },
          active: true,
        },
      ],
    })
  })

  it.each([
    [{ budget: '-5' }, '--budget: must not be negative'],
    [{ budget: 'much' }, '--budget: must be a decimal'],
    [{ 'budget-per-user': '1e9' }, '--budget-per-user: must be a decimal'],
    [{ starts: 'tomorrow' }, '--starts: must be a time'],
    [{ ends: '2026-03-01T10:00' }, '--ends: must be a time'],
    [{ currency: 'euro' }, '--currency: must be a currency code'],
  ])('%j is refused by the name of the flag', (flags, why) => {
    expect(() => campaignOf('x', flags, [])).toThrow(why)
  })

  it('needs a name', () => expect(() => campaignOf(' ', {}, [])).toThrow('NAME: must not be empty'))

  it('is changed in what is named, and none takes a limit away', () => {
    expect(changeOf({ status: 'paused', budget: 'none', ends: 'none', description: 'none' })).toEqual({
      status: 'paused',
      budget: null,
      ends_at: null,
      description: null,
    })
    expect(() => changeOf({})).toThrow('nothing is named')
    expect(ruleChangeOf({ active: false, reward: '1' })).toEqual({
      active: false,
      reward: { type: 'fixed', amount: '1' },
    })
    expect(() => ruleChangeOf({})).toThrow('names nothing to change')
  })
})

const CAMPAIGN: Campaign = {
  ...{ campaign_id: 7, name: 'Spring\u001b[2J\nSale', description: 'Buy!', description_source: 'template' },
  ...{ status: 'active', starts_at: '2026-03-01T00:00:00.000Z', ends_at: null, matching: 'first_match' },
  ...{ currency: 'EUR', budget: '1000', budget_per_user: null, spent: '749.99' },
  ...{ created_at: '2026-02-01T12:30:00.000Z', updated_at: '2026-02-01T12:30:00.000Z', rules: [] },
}

describe('a campaign for people', () => {
  it('has its budget as a bar, and nothing that steers a terminal', () => {
    expect(campaignText(CAMPAIGN).split('\n')).toEqual([
      'Campaign     7',
      'Name         Spring\ufffd[2J\ufffdSale',
      'Description  Buy! (from a template)',
      'Status       active',
      'Starts       2026-03-01 00:00:00',
      'Ends         -',
      'Matching     first_match',
      'Budget       ██████████████████░░░░░░ 74 % of 1000 EUR: 749.99 spent',
      'Per user     -',
      'Created      2026-02-01 12:30:00',
      '',
      'No rules yet: add one with `agentctl campaign rule add 7 FILE`.',
    ])
  })

  it('has its rules as a table', () => {
    const rule = {
      ...{ rule_id: 3, campaign_id: 7, name: null, conditions: { amount: { $gte: 100 } }, priority: 10 },
      ...{ reward: { type: 'percent' as const, percent: '5', most: '20' }, active: true },
      ...{ created_at: '', updated_at: '' },
    }
    const text = campaignText({ ...CAMPAIGN, budget: null, rules: [rule] })
    expect(text).toContain('Budget       none; 749.99 EUR spent')
    expect(text.split('\n').slice(-2)).toEqual([
      'RULE  NAME  PRIORITY  REWARD  ACTIVE  CONDITIONS',
      '   3  -           10  5%<=20  yes     {"amount":{"$gte":100}}',
    ])
  })
})

it('an event for people tells why it earned nothing', () => {
  const event: CampaignEvent = {
    ...{
      event_id: 'e',
      user_id: 'u\u0007',
      merchant_id: null,
      amount: '5.00',
      currency: 'EUR',
      data: { a: 1 },
    },
    ...{ occurred_at: '2026-03-01T00:00:00Z', registered_at: '2026-03-01T00:00:01Z', processed_at: null },
    ...{ status: 'skipped', reason: 'budget_exhausted', detail: null, attempts: 1, matched_rule_id: null },
    earnings: [],
  }
  expect(eventText(event).split('\n').slice(0, 5)).toEqual([
    'Event       e',
    'Status      skipped: a rule matches, and the budget does not suffice',
    'User        u\ufffd',
    'Merchant    -',
    'Amount      5.00 EUR',
  ])
})

it('the total of earnings is by currency', () => {
  expect(totalLine({ EUR: '12.50', USD: '3' }, 2, false)).toBe('Total: 12.50 EUR, 3 USD')
  expect(totalLine({}, 0, false)).toBe('Total: 0')
  expect(totalLine({ EUR: '1' }, 50, true)).toBe('Total: 1 EUR (of all; 50 are shown: more with -n)')
})

describe('a list that comes in pages', () => {
  const ask = async ({ limit, after = '0' }: { limit: number; after?: string }) => {
    const from = Number(after)
    const rows = Array.from({ length: Math.min(limit, 1_200 - from) }, (_, i) => from + i)
    return { rows, ...(from + limit < 1_200 ? { next: String(from + limit) } : {}) }
  }

  it.each([
    [10, 10, true],
    [700, 700, true],
    [1_200, 1_200, false],
    [5_000, 1_200, false],
  ])('of %d rows has %d', async (count, got, more) => {
    const listed = await listPages(count, ask, ({ rows }) => rows)
    expect([listed.rows.length, listed.more, listed.rows.at(-1)]).toEqual([got, more, got - 1])
  })
})
