import Big from 'big.js'
import { AgentctlError } from '../../kernel/index.ts'
import { compileCondition, type Matcher } from '../../rules/index.ts'
import type { CampaignTrial, RuleTest, RuleTrial } from '../messages/rule-test.ts'
import type { Campaign, NewEvent, Reward } from '../messages.ts'
import { type Obstacle, obstacleOf, termsOf } from '../processing/applies.ts'
import { documentOf, type StoredEvent } from '../processing/document.ts'
import { digitsOf, rewardOf } from '../processing/rewards.ts'
import type { Allowance } from './allowance.ts'

/** Stands for the id that an event without one would get. */
const NO_ID = '00000000-0000-0000-0000-000000000000'

/** An event as it would be stored now. */
export function eventOf(event: NewEvent, now: string): StoredEvent {
  const { event_id = NO_ID, user_id, merchant_id, amount, currency, occurred_at, data } = event
  return {
    ...{ event_id, user_id: user_id ?? null, merchant_id: merchant_id ?? null, amount: amount ?? null },
    ...{ currency: currency ?? null, occurred_at: occurred_at ?? now, data },
  }
}

export interface Trial {
  reward: Reward
  currency: string
  matcher: Matcher
}

/** Whether a rule matches, why, and what it would earn. */
export function tryRule({ reward, currency, matcher }: Trial, event: StoredEvent) {
  const document = documentOf(event)
  let matched = false // as it is processed, where one that takes too many steps counts as no match
  let why: Pick<RuleTrial, 'explanation' | 'error'>
  try {
    matched = matcher.matches(document)
    why = { explanation: matcher.explain(document) } // may be given up even where there is an answer
  } catch (error) {
    if (!(error instanceof AgentctlError) || error.code !== 'RULE_TOO_EXPENSIVE') throw error
    why = { error: { code: error.code, detail: error.message } }
  }
  return { matched, earns: matched ? rewardOf(reward, event.amount, currency) : null, ...why }
}

/**
 * The same for many events.
 * @throws what `take` throws
 */
export async function tryEvents(
  trial: Trial,
  events: readonly NewEvent[],
  now: string,
  take: Allowance,
): Promise<RuleTrial[]> {
  const results: RuleTrial[] = []
  for (const [index, event] of events.entries()) {
    const tried = tryRule(trial, eventOf(event, now))
    await take(tried)
    results.push({ index, event_id: event.event_id ?? null, currency: trial.currency, ...tried })
  }
  return results
}

/** A campaign whose rules were compiled; those that are not active, or cannot be compiled any more, are not among them. */
export type ReadyCampaign = Omit<Campaign, 'rules'> & {
  rules: (Campaign['rules'][number] & { matcher: Matcher })[]
}

/** @param turns awaited between two rules */
export async function readyCampaign(
  { rules, ...campaign }: Campaign,
  turns: () => Promise<void> | undefined,
): Promise<ReadyCampaign> {
  const ready: ReadyCampaign['rules'] = []
  for (const rule of rules) {
    if (!rule.active) continue
    try {
      ready.push({ ...rule, matcher: compileCondition(rule.conditions) })
    } catch {
      // It matches nothing for whoever processes events, either.
    }
    await turns()
  }
  return { ...campaign, rules: ready }
}

const OBSTACLES: Readonly<Record<Obstacle, string>> = {
  not_active: 'the campaign is not active',
  before_start: 'the event was before the campaign starts',
  after_end: 'the event was when the campaign had ended',
  other_currency: 'the event is in another currency',
}

/**
 * What a campaign would give for an event as things are now.
 * @param userSpent what the earnings of its user in this campaign come to
 * @throws what `take` throws
 */
export async function tryCampaign(
  campaign: ReadyCampaign,
  event: StoredEvent,
  userSpent: string,
  take: Allowance,
): Promise<CampaignTrial> {
  const { campaign_id, name, matching, currency } = campaign
  const obstacle = obstacleOf(termsOf(campaign), Date.parse(event.occurred_at), event.currency)
  const left = [
    ...(campaign.budget === null ? [] : [Big(campaign.budget).minus(campaign.spent)]),
    ...(campaign.budget_per_user === null ? [] : [Big(campaign.budget_per_user).minus(userSpent)]),
  ]
  let given = Big(0)
  let over = false
  let exhausted = false

  const rules: CampaignTrial['rules'] = []
  for (const { rule_id, name, priority, reward, matcher } of campaign.rules) {
    const tried = tryRule({ reward, currency, matcher }, event)
    await take(tried)
    const fits = tried.earns !== null && left.every((rest) => given.plus(tried.earns ?? 0).lte(rest))
    const paid = obstacle === undefined && !over && fits
    if (paid) {
      given = given.plus(tried.earns ?? 0)
      over = matching === 'first_match'
    } else if (obstacle === undefined && tried.matched && !over) exhausted = true
    rules.push({ rule_id, name, priority, paid, ...tried })
  }
  return {
    ...{
      campaign_id,
      name,
      matching,
      currency,
      rules,
      earns: given.toFixed(digitsOf(currency)),
      budget_exhausted: exhausted,
    },
    applies: obstacle === undefined,
    why_not: obstacle === undefined ? null : OBSTACLES[obstacle],
  }
}

type EventTrial = Extract<RuleTest, { kind: 'campaigns' }>['results'][number]

/** As what an event would end. The campaigns are in the order of their ids. */
export function summaryOf(index: number, event: NewEvent, campaigns: readonly CampaignTrial[]): EventTrial {
  const paid = campaigns.flatMap(({ rules }) => rules.filter((rule) => rule.paid))
  const exhausted = campaigns.some(({ budget_exhausted }) => budget_exhausted)
  const end = { index, event_id: event.event_id ?? null, campaigns: [...campaigns] }
  const [first] = paid
  if (first !== undefined)
    return { ...end, status: 'processed', reason: null, matched_rule_id: first.rule_id }
  return {
    ...{ ...end, status: 'skipped', matched_rule_id: null },
    reason: exhausted ? 'budget_exhausted' : 'no_match',
  }
}
