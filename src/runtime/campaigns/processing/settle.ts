import Big from 'big.js'
import type { StoredEvent } from './document.ts'
import type { Matched } from './match.ts'
import { rewardOf } from './rewards.ts'
import type { ActiveCampaign, ActiveRule } from './rule-set.ts'

/** What a campaign may spend, and has spent; decimals as text. */
export interface Account {
  budget: string | null
  budget_per_user: string | null
  spent: string
}

/** Of the campaigns that have budgets, under a lock. */
export interface Books {
  campaigns: ReadonlyMap<number, Account>
  /** What users have earned of campaigns that limit that, by `spenderKey`. */
  users: ReadonlyMap<string, string>
}

export const NO_BOOKS: Books = { campaigns: new Map(), users: new Map() }

/** Anonymous users are one. */
export const spenderKey = (campaign_id: number, user_id: string | null) => `${campaign_id}:${user_id ?? ''}`

/** How an event ends. */
export interface Ending {
  event_id: string
  status: 'processed' | 'skipped' | 'failed'
  matched_rule_id: number | null
  reason: 'no_match' | 'budget_exhausted' | 'error' | null
  detail: string | null
}

/** A row of the ledger to be. */
export interface Entry {
  event_id: string
  rule_id: number
  campaign_id: number
  user_id: string | null
  amount: string
  currency: string
}

export interface Settlement {
  endings: Ending[]
  /** In the order in which they are decided. */
  entries: Entry[]
  /** What users then have earned of campaigns that limit it. */
  spending: { campaign_id: number; user_id: string; spent: string }[]
  /** Earnings that did not fit into a budget. */
  refused: number
}

/**
 * Decides what events earn, one after the other: the first have the first claim on what is left of a budget. An earning that
 * does not fit as a whole is not given, and the next rule has its chance.
 */
export function settle(matched: readonly Matched[], books: Books): Settlement {
  const till = openTill(books)
  const endings: Ending[] = []
  const entries: Entry[] = []
  for (const { event, matches, expensive } of matched) {
    const before = entries.length
    for (const { campaign, rules } of matches)
      for (const rule of rules) {
        const entry = entryOf(event, campaign, rule)
        if (!till.take(entry)) continue
        entries.push(entry)
        if (!campaign.stackable) break
      }
    endings.push(endingOf(event, entries[before], matches.length > 0, expensive))
  }
  return { endings, entries, ...till.close() }
}

function entryOf(event: StoredEvent, campaign: ActiveCampaign, { rule_id, reward }: ActiveRule): Entry {
  const { event_id, user_id, amount } = event
  const { campaign_id, currency } = campaign
  return { event_id, rule_id, campaign_id, user_id, currency, amount: rewardOf(reward, amount, currency) }
}

function endingOf(
  { event_id }: StoredEvent,
  first: Entry | undefined,
  anyMatch: boolean,
  expensive: readonly number[],
): Ending {
  const detail =
    expensive.length === 0
      ? null
      : `took more steps than a rule may, and did not match: rules ${expensive.slice(0, 20).join(', ')}`
  if (first) return { event_id, status: 'processed', matched_rule_id: first.rule_id, reason: null, detail }
  const reason = anyMatch ? 'budget_exhausted' : 'no_match'
  return { event_id, status: 'skipped', matched_rule_id: null, reason, detail }
}

/** Keeps count of what is left while earnings are decided. */
function openTill({ campaigns, users }: Books) {
  const spent = new Map<number, Big>()
  const spentByUser = new Map<string, { campaign_id: number; user_id: string; spent: Big }>()
  let refused = 0

  function take({ campaign_id, user_id, amount }: Entry): boolean {
    const account = campaigns.get(campaign_id)
    if (account === undefined) return true
    const all = (spent.get(campaign_id) ?? Big(account.spent)).plus(amount)
    const key = spenderKey(campaign_id, user_id)
    const own = (spentByUser.get(key)?.spent ?? Big(users.get(key) ?? 0)).plus(amount)
    const fits =
      (account.budget === null || all.lte(account.budget)) &&
      (account.budget_per_user === null || own.lte(account.budget_per_user))
    if (!fits) {
      refused++
      return false
    }
    spent.set(campaign_id, all)
    if (account.budget_per_user !== null)
      spentByUser.set(key, { campaign_id, user_id: user_id ?? '', spent: own })
    return true
  }

  const close = () => ({
    spending: [...spentByUser.values()].map((each) => ({ ...each, spent: each.spent.toFixed() })),
    refused,
  })
  return { take, close }
}
