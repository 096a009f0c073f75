import { describe, expect, it } from 'vitest'
import { type Campaign, newEvent } from '../../../src/runtime/campaigns/messages.ts'
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

const payments = (given: Partial<Campaign>, of = event(), userSpent = '0') => {
  const { rules, earns, applies, budget_exhausted } = tryCampaign(
    readyCampaign(campaign(given)),
    of,
    userSpent,
  )
  return {
    paid: rules.filter(({ paid }) => paid).map(({ rule_id }) => rule_id),
    ...{ earns, applies, budget_exhausted },
  }
}

describe('a campaign that is tried', () => {
  it('pays the first rule that matches, or each', () => {
    const rules = [rule(1, '5', { conditions: { amount: { $gt: 500 } } }), rule(2, '3'), rule(3, '0.10')]
    expect(payments({ rules })).toMatchObject({ paid: [2], earns: '3.00' })
    expect(payments({ rules, matching: 'stackable' })).toMatchObject({ paid: [2, 3], earns: '3.10' })
  })
  it('goes on to the next rule where a budget does not suffice', () => {
    const rules = [rule(1, '5'), rule(2, '3')]
    expect(payments({ rules, budget: '10', spent: '6' })).toMatchObject({ paid: [2], budget_exhausted: true })
    expect(payments({ rules, budget_per_user: '10' }, event(), '5.01')).toMatchObject({ paid: [2] })
    expect(payments({ rules, budget: '10', spent: '8' })).toMatchObject({
      paid: [],
      earns: '0.00',
      budget_exhausted: true,
    })
    expect(payments({ rules, matching: 'stackable', budget: '6' })).toMatchObject({
      paid: [1],
      earns: '5.00',
    })
  })
  it('says why an event does not count', () => {
    const why = (given: Partial<Campaign>, of = event()) =>
      tryCampaign(readyCampaign(campaign({ rules: [rule(1, '5')], ...given })), of, '0')
    expect(why({ starts_at: '2026-03-06T00:00:00.000Z' })).toMatchObject({
      applies: false,
      why_not: expect.stringContaining('before'),
      rules: [{ matched: true, paid: false }],
      budget_exhausted: false,
    })
    expect(why({ ends_at: NOW })).toMatchObject({ applies: false, why_not: expect.stringContaining('ended') })
    expect(why({}, event({ currency: 'EUR' }))).toMatchObject({
      why_not: expect.stringContaining('currency'),
    })
    expect(why({ starts_at: NOW })).toMatchObject({ applies: true, why_not: null })
  })
  it('does not ask rules that are not active', () => {
    expect(payments({ rules: [rule(1, '5', { active: false })] })).toMatchObject({ paid: [] })
  })
  it('comes to the end that the event would have', () => {
    const given = newEvent.parse({ event_id: 'e' })
    const trial = (rules: Campaign['rules'], budget: string | null = null) =>
      tryCampaign(readyCampaign(campaign({ rules, budget })), event(), '0')
    const none = trial([rule(1, '5', { conditions: { a: 1 } })])
    const poor = trial([rule(2, '5')], '1')
    expect(summaryOf(0, given, [none, poor])).toMatchObject({
      status: 'skipped',
      reason: 'budget_exhausted',
      matched_rule_id: null,
      event_id: 'e',
    })
    expect(summaryOf(0, given, [none])).toMatchObject({ status: 'skipped', reason: 'no_match' })
    expect(summaryOf(3, given, [none, poor, trial([rule(7, '1')])])).toMatchObject({
      status: 'processed',
      reason: null,
      matched_rule_id: 7,
      index: 3,
    })
  })
})

describe('a condition that is tried', () => {
  it('says what a share of each amount would be', () => {
    const trial = {
      matcher: compileCondition({ amount: { $gte: 50 } }),
      reward: { type: 'percent' as const, percent: '5' },
      currency: 'JPY',
    }
    const events = [{ event_id: 'a', amount: '1050' }, { amount: 20 }].map((each) => newEvent.parse(each))
    expect(tryEvents(trial, events, NOW)).toMatchObject([
      { index: 0, event_id: 'a', matched: true, earns: '52', currency: 'JPY' },
      { index: 1, event_id: null, matched: false, earns: null, explanation: { matched: false } },
    ])
  })
  it('is no match, and says so, where it takes too long', () => {
    const matcher = compileCondition({ 'data.list': { $elemMatch: { $gt: 1 } } }, { steps: 5 })
    const given = newEvent.parse({ data: { list: Array(100).fill(0) } })
    const [result] = tryEvents(
      { matcher, reward: { type: 'fixed', amount: '1' }, currency: 'USD' },
      [given],
      NOW,
    )
    expect(result).toMatchObject({ matched: false, earns: null, error: { code: 'RULE_TOO_EXPENSIVE' } })
  })
})
