import { pino } from 'pino'
import { expect } from 'vitest'
import type { CampaignTables } from '../../src/runtime/campaigns/schema.ts'
import { openDatabase } from '../../src/runtime/platform/sql/index.ts'
import { type Claim, claimsOf, isLimited, type PlacedCampaign, units } from './campaign-oracle.ts'
import type { ScenarioEvent } from './campaign-scenario.ts'

interface EventEnd {
  event_id: string
  status: string
  matched_rule_id: number | null
  reason: string | null
  detail: string | null
  attempts: number
  announced: boolean
}

interface Entry {
  event_id: string
  user_id: string
  campaign_id: number
  rule_id: number
  units: bigint
}

export interface Books {
  ends: EventEnd[]
  entries: Entry[]
  /** What the campaigns are said to have spent, and their users; of campaigns that limit it. */
  spent: Map<number, bigint>
  spending: Map<string, bigint>
}

const log = pino({ level: 'silent' })

export async function readBooks(url: string): Promise<Books> {
  const database = openDatabase<CampaignTables>({ url, name: 'judge', max: 1, log })
  try {
    const { db } = database
    const events = await db
      .selectFrom('events')
      .select(['event_id', 'status', 'matched_rule_id', 'reason', 'detail', 'attempts', 'announced'])
      .execute()
    const earnings = await db
      .selectFrom('earnings')
      .select(['event_id', 'user_id', 'campaign_id', 'rule_id', 'amount'])
      .execute()
    const campaigns = await db.selectFrom('campaigns').select(['campaign_id', 'spent']).execute()
    const spending = await db.selectFrom('campaign_spending').selectAll().execute()
    return {
      ends: events,
      entries: earnings.map(({ amount, user_id, ...rest }) => ({
        ...rest,
        user_id: user_id ?? '',
        units: units(amount),
      })),
      spent: new Map(campaigns.map(({ campaign_id, spent }) => [campaign_id, units(spent)])),
      spending: new Map(
        spending.map(({ campaign_id, user_id, spent }) => [`${campaign_id} ${user_id}`, units(spent)]),
      ),
    }
  } finally {
    await database.close()
  }
}

export interface Verdict {
  events: number
  lost: number
  byEnd: Record<string, number>
  earnings: number
  /** Attempts beyond the first. */
  repeated: number
}

/** Compares what is in the books with what the rules of the game allow; fails where they differ. */
export function judgeBooks(
  books: Books,
  campaigns: readonly PlacedCampaign[],
  events: readonly ScenarioEvent[],
): Verdict {
  const ends = new Map(books.ends.map((end) => [end.event_id, end]))
  const lost = events.filter(
    ({ event_id }) => !ends.has(event_id) || ends.get(event_id)?.status === 'pending',
  )
  expect(lost.map(({ event_id }) => event_id).slice(0, 5)).toEqual([])
  expect(books.ends.length).toBe(events.length)
  expectTotals(books, campaigns)

  const wrong: unknown[] = []
  const given = groupBy(books.entries, ({ event_id }) => event_id)
  const byEnd: Record<string, number> = {}
  let repeated = 0
  for (const event of events) {
    const end = ends.get(event.event_id) as EventEnd
    const entries = given.get(event.event_id) ?? []
    const found = judgeEvent(event, end, entries, campaigns, books)
    if (found.length > 0) wrong.push({ event, end, entries, found })
    const name = end.reason ?? end.status
    byEnd[name] = (byEnd[name] ?? 0) + 1
    repeated += end.attempts - 1
  }
  expect(wrong.slice(0, 3)).toEqual([])
  return { events: events.length, lost: lost.length, byEnd, earnings: books.entries.length, repeated }
}

/** Everything that is wrong with one event. */
function judgeEvent(
  event: ScenarioEvent,
  end: EventEnd,
  entries: readonly Entry[],
  campaigns: readonly PlacedCampaign[],
  books: Books,
): string[] {
  const wrong: string[] = []
  let matched = false
  const order: number[] = []
  let rest = entries.length
  for (const campaign of campaigns) {
    const claims = claimsOf(campaign, event)
    matched ||= claims.length > 0
    const mine = entries.filter(({ campaign_id }) => campaign_id === campaign.campaign_id)
    rest -= mine.length
    wrong.push(...judgeCampaign(event, campaign, claims, mine, books))
    for (const { rule_id } of claims) if (mine.some((entry) => entry.rule_id === rule_id)) order.push(rule_id)
  }
  if (rest !== 0) wrong.push('an earning of no campaign')
  if (entries.some(({ user_id }) => user_id !== (event.user_id ?? '')))
    wrong.push('an earning of another user')
  const expected =
    order.length > 0
      ? { status: 'processed', reason: null, matched_rule_id: order[0] }
      : { status: 'skipped', reason: matched ? 'budget_exhausted' : 'no_match', matched_rule_id: null }
  for (const [name, value] of Object.entries(expected)) {
    const real = end[name as keyof EventEnd]
    if (real !== value) wrong.push(`${name} is ${real}, not ${value}`)
  }
  return wrong
}

function judgeCampaign(
  event: ScenarioEvent,
  campaign: PlacedCampaign,
  claims: readonly Claim[],
  entries: readonly Entry[],
  books: Books,
): string[] {
  const wrong: string[] = []
  const at = campaign.name
  for (const { rule_id, units: amount } of entries) {
    const claim = claims.find((each) => each.rule_id === rule_id)
    if (!claim) wrong.push(`${at}: rule ${rule_id} does not match`)
    else if (claim.units !== amount) wrong.push(`${at}: rule ${rule_id} gives ${claim.units}, not ${amount}`)
  }
  if (new Set(entries.map(({ rule_id }) => rule_id)).size !== entries.length) wrong.push(`${at}: twice`)
  if (campaign.matching === 'first_match' && entries.length > 1) wrong.push(`${at}: more than the first`)

  const paid = (claim: Claim) => entries.some(({ rule_id }) => rule_id === claim.rule_id)
  const due = campaign.matching === 'stackable' ? claims : claims.slice(0, firstIndex(claims, paid))
  for (const claim of due) {
    if (paid(claim)) continue
    // What is left only ever shrinks: what fits now fitted then.
    if (!isLimited(campaign) || fits(claim.units, campaign, event.user_id ?? '', books))
      wrong.push(`${at}: rule ${claim.rule_id} was not paid ${claim.units}, which would have fitted`)
  }
  return wrong
}

/** Those before the one that was paid; all of them when none was. */
function firstIndex<T>(list: readonly T[], condition: (item: T) => boolean): number {
  const index = list.findIndex(condition)
  return index < 0 ? list.length : index
}

function fits(amount: bigint, campaign: PlacedCampaign, user: string, { spent, spending }: Books): boolean {
  const { campaign_id, budget, budget_per_user: own } = campaign
  if (budget !== null && (spent.get(campaign_id) ?? 0n) + amount > units(budget)) return false
  return own === null || (spending.get(`${campaign_id} ${user}`) ?? 0n) + amount <= units(own)
}

/** What is said to be spent is the sum of the earnings, and no more than there is. */
function expectTotals({ entries, spent, spending }: Books, campaigns: readonly PlacedCampaign[]): void {
  for (const { campaign_id, budget, budget_per_user: own, name } of campaigns) {
    const mine = entries.filter((entry) => entry.campaign_id === campaign_id)
    const sum = mine.reduce((total, entry) => total + entry.units, 0n)
    if (budget !== null) {
      expect([name, spent.get(campaign_id)]).toEqual([name, sum])
      expect(sum <= units(budget), `${name} is overspent`).toBe(true)
    }
    if (own === null) continue
    for (const [user, theirs] of groupBy(mine, ({ user_id }) => user_id)) {
      const total = theirs.reduce((so_far, entry) => so_far + entry.units, 0n)
      expect([name, user, spending.get(`${campaign_id} ${user}`)]).toEqual([name, user, total])
      expect(total <= units(own), `${name} is overspent on ${user}`).toBe(true)
    }
  }
}

export function groupBy<T>(list: readonly T[], key: (item: T) => string): Map<string, T[]> {
  const groups = new Map<string, T[]>()
  for (const item of list) {
    const group = groups.get(key(item))
    if (group) group.push(item)
    else groups.set(key(item), [item])
  }
  return groups
}
