import { describe, expect, it } from 'vitest'
import { setApart } from '../../../src/runtime/campaigns/processing/apart.ts'
import { termsOf } from '../../../src/runtime/campaigns/processing/applies.ts'
import { type Match, matchEvent, matchEvents } from '../../../src/runtime/campaigns/processing/match.ts'
import type { ActiveCampaign, ActiveRule } from '../../../src/runtime/campaigns/processing/rule-set.ts'
import {
  type Account,
  NO_BOOKS,
  settle,
  spenderKey,
} from '../../../src/runtime/campaigns/processing/settle.ts'
import { type Matcher, rulesError } from '../../../src/runtime/rules/index.ts'

const matcherOf = (matches: Matcher['matches']): Matcher => ({
  matches,
  explain: () => ({ matched: true, at: '', operator: '' }),
})
const rule = (rule_id: number, amount: string, matches: Matcher['matches'] = () => true): ActiveRule => ({
  ...{ rule_id, reward: { type: 'fixed', amount } },
  matcher: matcherOf(matches),
})
const campaign = (campaign_id: number, rules: ActiveRule[], more: Partial<ActiveCampaign> = {}) => ({
  ...{ campaign_id, currency: 'USD', stackable: false, limited: true, rules, ...more },
  terms: termsOf({ status: 'active', starts_at: null, ends_at: null, currency: 'USD' }),
})
const event = (event_id: string, user_id: string | null = 'u') => ({
  ...{ event_id, user_id, merchant_id: null, amount: '10', currency: null, data: {} },
  occurred_at: '2026-03-01T00:00:00.000Z',
})
const matched = (id: string, matches: Match[], user: string | null = 'u', expensive: number[] = []) => ({
  ...{ event: event(id, user), matches, expensive },
})
const all = (each: ActiveCampaign): Match => ({ campaign: each, rules: each.rules })
const books = (accounts: Record<number, Partial<Account>>, users: Record<string, string> = {}) => ({
  campaigns: new Map(
    Object.entries(accounts).map(([id, account]) => [
      Number(id),
      { budget: null, budget_per_user: null, spent: '0', ...account },
    ]),
  ),
  users: new Map(Object.entries(users)),
})
const given = ({ entries }: ReturnType<typeof settle>) =>
  entries.map(({ event_id, rule_id, amount }) => `${event_id}:${rule_id}:${amount}`)

describe('settle', () => {
  it('gives the first rule, or each one where they stack; the event has the first', () => {
    const first = campaign(1, [rule(5, '1'), rule(3, '2')])
    const stacked = campaign(2, [rule(9, '3'), rule(8, '4')], { stackable: true })
    const settled = settle([matched('a', [all(first), all(stacked)]), matched('b', [])], NO_BOOKS)
    expect(given(settled)).toEqual(['a:5:1', 'a:9:3', 'a:8:4'])
    expect(settled.endings).toEqual([
      { event_id: 'a', status: 'processed', matched_rule_id: 5, reason: null, detail: null },
      { event_id: 'b', status: 'skipped', matched_rule_id: null, reason: 'no_match', detail: null },
    ])
  })

  it('passes over what does not fit into the budget as a whole, and gives what does', () => {
    const one = all(campaign(1, [rule(1, '6'), rule(2, '4'), rule(3, '0')]))
    const settled = settle(
      ['a', 'b', 'c', 'd'].map((id) => matched(id, [one])),
      books({ 1: { budget: '20', spent: '10' } }),
    )
    expect(given(settled)).toEqual(['a:1:6', 'b:2:4', 'c:3:0', 'd:3:0'])
    expect(settled.refused).toBe(5)
  })

  it('says that a budget was at fault when a rule matched and nothing could be given', () => {
    const one = all(campaign(1, [rule(1, '6')]))
    const { endings } = settle([matched('a', [one])], books({ 1: { budget: '5.99' } }))
    expect(endings[0]).toMatchObject({ status: 'skipped', reason: 'budget_exhausted' })
  })

  it('keeps count of each user, and of all who are nobody as one', () => {
    const one = all(campaign(7, [rule(1, '4')]))
    const users = ['x', 'x', 'y', null, null].map((user, i) => matched(`e${i}`, [one], user))
    const limits = books({ 7: { budget_per_user: '7.99' } }, { [spenderKey(7, 'y')]: '3.99' })
    const settled = settle(users, limits)
    expect(given(settled)).toEqual(['e0:1:4', 'e2:1:4', 'e3:1:4'])
    expect(settled.spending).toEqual([
      { campaign_id: 7, user_id: 'x', spent: '4' },
      { campaign_id: 7, user_id: 'y', spent: '7.99' },
      { campaign_id: 7, user_id: '', spent: '4' },
    ])
  })

  it('counts with decimals', () => {
    const one = all(campaign(1, [rule(1, '0.1')], { stackable: true }))
    const events = Array.from({ length: 40 }, (_, i) => matched(`e${i}`, [one]))
    expect(settle(events, books({ 1: { budget: '0.3' } })).entries).toHaveLength(3)
    expect(
      settle(events, books({ 1: { budget: '99999999999999.3', spent: '99999999999999' } })).entries,
    ).toHaveLength(3)
  })

  it('tells which rules were given up', () => {
    const { endings } = settle([matched('a', [], 'u', [4, 9])], NO_BOOKS)
    expect(endings[0]?.detail).toMatch(/rules 4, 9/)
  })
})

describe('setApart', () => {
  const claimed = (...attempts: number[]) => attempts.map((each) => ({ attempts: each }))

  it('is for one that has its last attempt, and has had others', () => {
    expect(setApart(claimed(1, 2, 1), 3)).toEqual({ now: claimed(1, 2, 1), later: [] })
    expect(setApart(claimed(1, 3, 3), 3)).toEqual({ now: claimed(3), later: claimed(1, 3) })
    expect(setApart(claimed(1, 1), 1)).toEqual({ now: claimed(1, 1), later: [] })
    // Those above have no attempt left: they are not asked about at all.
    expect(setApart(claimed(4, 4), 3)).toEqual({ now: claimed(4, 4), later: [] })
  })
})

describe('matching', () => {
  const set = (...campaigns: ActiveCampaign[]) => ({ version: 1, campaigns })

  it('looks for one rule only where the first cannot be refused', () => {
    const rules = [rule(1, '1', () => false), rule(2, '1'), rule(3, '1')]
    const ids = (more: Partial<ActiveCampaign>) =>
      matchEvent(event('a'), set(campaign(1, rules, more))).matches.flatMap((match) =>
        match.rules.map(({ rule_id }) => rule_id),
      )
    expect(ids({ limited: false })).toEqual([2])
    expect(ids({ limited: true })).toEqual([2, 3])
    expect(ids({ limited: false, stackable: true })).toEqual([2, 3])
  })

  it('takes a rule that is too expensive for one that does not match', () => {
    const costly = rule(1, '1', () => {
      throw rulesError('RULE_TOO_EXPENSIVE', 'too many steps')
    })
    const found = matchEvent(event('a'), set(campaign(1, [costly, rule(2, '1')])))
    expect(found.expensive).toEqual([1])
    expect(found.matches[0]?.rules.map(({ rule_id }) => rule_id)).toEqual([2])
  })

  it('lets others have their turn, also within one event that very many rules are asked about', async () => {
    const busy = () => {
      for (const from = performance.now(); performance.now() - from < 1; );
      return false
    }
    const campaigns = Array.from({ length: 20 }, (_, i) =>
      campaign(
        i,
        Array.from({ length: 32 }, (_, n) => rule(i * 32 + n, '1', busy)),
      ),
    )
    let turns = 0
    const count = () => {
      turns++
      counting = setImmediate(count)
    }
    let counting = setImmediate(count)
    const { matched } = await matchEvents([event('a')], set(...campaigns), 60_000)
    clearImmediate(counting)
    expect(matched).toHaveLength(1)
    expect(turns).toBeGreaterThan(5)
  })

  it('does at least one event, leaves what there is no time for, and tells what has failed', async () => {
    const broken = rule(1, '1', () => {
      throw new Error('broken')
    })
    const events = [event('a'), event('b'), event('c')]
    const hurried = await matchEvents(events, set(campaign(1, [broken])), -1)
    expect(hurried.failed.map((each) => each.event.event_id)).toEqual(['a'])
    expect(hurried.left.map(({ event_id }) => event_id)).toEqual(['b', 'c'])
    const calm = await matchEvents(events, set(campaign(1, [rule(1, '1')])), 60_000)
    expect(calm).toMatchObject({ failed: [], left: [] })
    expect(calm.matched).toHaveLength(3)
  })
})
