import { expect, it } from 'vitest'
import { termsOf } from '../../../src/runtime/campaigns/processing/applies.ts'
import { matchEvent } from '../../../src/runtime/campaigns/processing/match.ts'
import type { RuleSet } from '../../../src/runtime/campaigns/processing/rule-set.ts'
import {
  type Account,
  type Ending,
  type Entry,
  settle,
  spenderKey,
} from '../../../src/runtime/campaigns/processing/settle.ts'
import { compileCondition } from '../../../src/runtime/rules/index.ts'
import { type Books, judgeBooks } from '../../support/campaign-judge.ts'
import { isLimited, type PlacedCampaign, units } from '../../support/campaign-oracle.ts'
import { campaignsFor, makeEvent, type ScenarioEvent } from '../../support/campaign-scenario.ts'
import { chanceFor } from '../../support/faults.ts'

const EVENTS = 3_000

function place(): PlacedCampaign[] {
  let ruleId = 0
  return campaignsFor(EVENTS).map((campaign, i) => ({
    ...campaign,
    campaign_id: i + 1,
    rule_ids: campaign.rules.map(() => ++ruleId),
  }))
}

/** As the database would answer it. */
function ruleSetOf(placed: readonly PlacedCampaign[]): RuleSet {
  const campaigns = placed.map((campaign) => {
    const { campaign_id, currency, matching, rules, rule_ids } = campaign
    const asked = rules
      .map(({ conditions, ...rule }, i) => ({
        ...rule,
        rule_id: rule_ids[i] as number,
        matcher: compileCondition(conditions),
      }))
      .filter(({ active }) => active)
      .sort((a, b) => b.priority - a.priority || a.rule_id - b.rule_id)
    const limited = isLimited(campaign)
    const stackable = matching === 'stackable'
    return { campaign_id, currency, stackable, limited, terms: termsOf(campaign), rules: asked }
  })
  return { version: 1, campaigns }
}

const asStored = ({ amount, currency, merchant_id, ...event }: ScenarioEvent) => ({
  ...event,
  amount: amount === undefined ? null : String(amount),
  currency: currency ?? null,
  merchant_id: merchant_id ?? null,
})

it(`what ${EVENTS} events earn is what another implementation of the rules finds`, () => {
  const chance = chanceFor('settle-oracle')
  const placed = place()
  const rules = ruleSetOf(placed)
  const events = Array.from({ length: EVENTS }, (_, n) => makeEvent(`order-${n}`, chance))
  const accounts = new Map<number, Account>()
  for (const { campaign_id, budget, budget_per_user } of placed.filter(isLimited))
    accounts.set(campaign_id, { budget, budget_per_user, spent: '0' })
  const users = new Map<string, string>()
  const endings: Ending[] = []
  const entries: Entry[] = []
  for (let from = 0; from < EVENTS; ) {
    const size = chance.between(1, 200)
    const batch = events.slice(from, from + size).map(asStored)
    from += size
    const settled = settle(
      batch.map((event) => matchEvent(event, rules)),
      { campaigns: accounts, users },
    )
    endings.push(...settled.endings)
    entries.push(...settled.entries)
    for (const { campaign_id, amount } of settled.entries) add(accounts, campaign_id, amount)
    for (const { campaign_id, user_id, spent } of settled.spending)
      users.set(spenderKey(campaign_id, user_id), spent)
  }
  const verdict = judgeBooks(booksOf(endings, entries, accounts, users), placed, events)
  // Every kind of end is there, and more than one rule earned.
  expect(Object.keys(verdict.byEnd).sort()).toEqual(['budget_exhausted', 'no_match', 'processed'])
  expect(verdict.earnings).toBeGreaterThan(EVENTS)
})

function add(accounts: Map<number, Account>, id: number, amount: string): void {
  const account = accounts.get(id)
  if (account) account.spent = decimal(units(account.spent) + units(amount))
}

const decimal = (value: bigint) => `${value / 10_000n}.${String(value % 10_000n).padStart(4, '0')}`

function booksOf(
  endings: readonly Ending[],
  entries: readonly Entry[],
  accounts: ReadonlyMap<number, Account>,
  users: ReadonlyMap<string, string>,
): Books {
  return {
    ends: endings.map((end) => ({ ...end, attempts: 1, announced: true })),
    entries: entries.map(({ event_id, user_id, campaign_id, rule_id, amount }) => ({
      ...{ event_id, campaign_id, rule_id },
      user_id: user_id ?? '',
      units: units(amount),
    })),
    spent: new Map([...accounts].map(([id, { spent }]) => [id, units(spent)])),
    spending: new Map([...users].map(([key, spent]) => [key.replace(':', ' '), units(spent)])),
  }
}
