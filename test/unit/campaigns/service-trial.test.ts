import { describe, expect, it } from 'vitest'
import { type Campaign, newEvent } from '../../../src/runtime/campaigns/messages.ts'
import { type Allowance, createAllowance } from '../../../src/runtime/campaigns/service/allowance.ts'
import {
  eventOf,
  readyCampaign,
  summaryOf,
  tryCampaign,
  tryEvents,
} from '../../../src/runtime/campaigns/service/rule-trial.ts'
import { compileCondition } from '../../../src/runtime/rules/index.ts'

const NOW = '2026-03-05T12:00:00.000Z'

function campaign(given: Partial<Campaign> = {}): Campaign {
  return {
    ...{ campaign_id: 1, name: 'c', description: null, description_source: null, status: 'active' },
    ...{ starts_at: null, ends_at: null, matching: 'first_match', currency: 'USD' },
    ...{ budget: null, budget_per_user: null, spent: '0', created_at: NOW, updated_at: NOW, rules: [] },
    ...given,
  }
}

const rule = (rule_id: number, amount: string, more: Partial<Campaign['rules'][number]> = {}) => ({
  ...{ rule_id, campaign_id: 1, name: null, conditions: {}, priority: 0, active: true },
  ...{ reward: { type: 'fixed' as const, amount }, created_at: NOW, updated_at: NOW },
  ...more,
})

const event = (given: object = {}) => eventOf(newEvent.parse({ amount: 100, ...given }), NOW)

const unhurried = async () => {}
const tried = async (given: Partial<Campaign>, of = event(), userSpent = '0', take: Allowance = unhurried) =>
  tryCampaign(await readyCampaign(campaign(given), unhurried), of, userSpent, take)

const payments = async (given: Partial<Campaign>, of = event(), userSpent = '0') => {
  const { rules, earns, applies, budget_exhausted } = await tried(given, of, userSpent)
  return {
    paid: rules.filter(({ paid }) => paid).map(({ rule_id }) => rule_id),
    ...{ earns, applies, budget_exhausted },
  }
}

describe('a campaign that is tried', () => {
  it('pays the first rule that matches, or each', async () => {
    const rules = [rule(1, '5', { conditions: { amount: { $gt: 500 } } }), rule(2, '3'), rule(3, '0.10')]
    expect(await payments({ rules })).toMatchObject({ paid: [2], earns: '3.00' })
    expect(await payments({ rules, matching: 'stackable' })).toMatchObject({ paid: [2, 3], earns: '3.10' })
  })
  it('goes on to the next rule where a budget does not suffice', async () => {
    const rules = [rule(1, '5'), rule(2, '3')]
    expect(await payments({ rules, budget: '10', spent: '6' })).toMatchObject({
      paid: [2],
      budget_exhausted: true,
    })
    expect(await payments({ rules, budget_per_user: '10' }, event(), '5.01')).toMatchObject({ paid: [2] })
    expect(await payments({ rules, budget: '10', spent: '8' })).toMatchObject({
      paid: [],
      earns: '0.00',
      budget_exhausted: true,
    })
    expect(await payments({ rules, matching: 'stackable', budget: '6' })).toMatchObject({
      paid: [1],
      earns: '5.00',
    })
  })
  it('says why an event does not count', async () => {
    const why = (given: Partial<Campaign>, of = event()) => tried({ rules: [rule(1, '5')], ...given }, of)
    expect(await why({ starts_at: '2026-03-06T00:00:00.000Z' })).toMatchObject({
      applies: false,
      why_not: expect.stringContaining('before'),
      rules: [{ matched: true, paid: false }],
      budget_exhausted: false,
    })
    expect(await why({ ends_at: NOW })).toMatchObject({
      applies: false,
      why_not: expect.stringContaining('ended'),
    })
    expect(await why({}, event({ currency: 'EUR' }))).toMatchObject({
      why_not: expect.stringContaining('currency'),
    })
    expect(await why({ starts_at: NOW })).toMatchObject({ applies: true, why_not: null })
  })
  it('does not ask rules that are not active', async () => {
    expect(await payments({ rules: [rule(1, '5', { active: false })] })).toMatchObject({ paid: [] })
  })
  it('comes to the end that the event would have', async () => {
    const given = newEvent.parse({ event_id: 'e' })
    const trial = (rules: Campaign['rules'], budget: string | null = null) => tried({ rules, budget })
    const none = await trial([rule(1, '5', { conditions: { a: 1 } })])
    const poor = await trial([rule(2, '5')], '1')
    expect(summaryOf(0, given, [none, poor])).toMatchObject({
      status: 'skipped',
      reason: 'budget_exhausted',
      matched_rule_id: null,
      event_id: 'e',
    })
    expect(summaryOf(0, given, [none])).toMatchObject({ status: 'skipped', reason: 'no_match' })
    expect(summaryOf(3, given, [none, poor, await trial([rule(7, '1')])])).toMatchObject({
      status: 'processed',
      reason: null,
      matched_rule_id: 7,
      index: 3,
    })
  })
})

describe('a condition that is tried', () => {
  it('says what a share of each amount would be', async () => {
    const trial = {
      matcher: compileCondition({ amount: { $gte: 50 } }),
      reward: { type: 'percent' as const, percent: '5' },
      currency: 'JPY',
    }
    const events = [{ event_id: 'a', amount: '1050' }, { amount: 20 }].map((each) => newEvent.parse(each))
    expect(await tryEvents(trial, events, NOW, unhurried)).toMatchObject([
      { index: 0, event_id: 'a', matched: true, earns: '52', currency: 'JPY' },
      { index: 1, event_id: null, matched: false, earns: null, explanation: { matched: false } },
    ])
  })
  it('is no match, and says so, where it takes too long', async () => {
    const matcher = compileCondition({ 'data.list': { $elemMatch: { $gt: 1 } } }, { steps: 5 })
    const given = newEvent.parse({ data: { list: Array(100).fill(0) } })
    const [result] = await tryEvents(
      { matcher, reward: { type: 'fixed', amount: '1' }, currency: 'USD' },
      [given],
      NOW,
      unhurried,
    )
    expect(result).toMatchObject({ matched: false, earns: null, error: { code: 'RULE_TOO_EXPENSIVE' } })
  })

  it('is the match that it is, even where the explanation takes too long', async () => {
    const lists = Array.from({ length: 50 }, () => ({ 'data.list': 1 }))
    const matcher = compileCondition({ $or: [{ amount: 100 }, ...lists] }, { steps: 100 })
    const given = newEvent.parse({ amount: 100, data: { list: Array(100).fill(0) } })
    const reward = { type: 'fixed' as const, amount: '1' }
    const [result] = await tryEvents({ matcher, reward, currency: 'USD' }, [given], NOW, unhurried)
    expect(result).toMatchObject({ matched: true, earns: '1', error: { code: 'RULE_TOO_EXPENSIVE' } })
  })
})

describe('many trials', () => {
  const long = 'x'.repeat(150)
  const rules = Array.from({ length: 20 }, (_, i) => rule(i + 1, '1', { conditions: { 'data.a': long } }))

  it('are given up when they come to too much for an answer', async () => {
    const refused = { code: 'CAMPAIGN_EVENT_INVALID', field: 'events', status: 422 }
    await expect(tried({ rules }, event(), '0', createAllowance(2_000))).rejects.toMatchObject(refused)
    expect((await tried({ rules }, event(), '0', createAllowance(20_000))).rules).toHaveLength(20)
    const trial = {
      matcher: compileCondition({ 'data.a': long }),
      reward: rule(1, '1').reward,
      currency: 'USD',
    }
    const events = Array.from({ length: 20 }, () => newEvent.parse({}))
    await expect(tryEvents(trial, events, NOW, createAllowance(2_000))).rejects.toMatchObject(refused)
  })
})
