import { setImmediate as turn } from 'node:timers/promises'
import { AgentctlError } from '../../kernel/index.ts'
import { obstacleOf } from './applies.ts'
import { documentOf, type StoredEvent } from './document.ts'
import type { ActiveCampaign, ActiveRule, RuleSet } from './rule-set.ts'

/** Rules of one campaign that match an event, in the order in which they have their turn. */
export interface Match {
  campaign: ActiveCampaign
  rules: readonly ActiveRule[]
}

/** What the rules say of an event. */
export interface Matched<E extends StoredEvent = StoredEvent> {
  event: E
  /** By the ids of the campaigns. */
  matches: readonly Match[]
  /** Rules that take more steps on it than they may, which counts as no match. */
  expensive: readonly number[]
}

/** Milliseconds after which others have their turn. */
const SLICE = 10

/** Asks all rules about an event. */
export function matchEvent<E extends StoredEvent>(event: E, { campaigns }: RuleSet): Matched<E> {
  const matches: Match[] = []
  const expensive: number[] = []
  const occurredAt = Date.parse(event.occurred_at)
  let document: object | undefined
  for (const campaign of campaigns) {
    if (obstacleOf(campaign.terms, occurredAt, event.currency) !== undefined) continue
    document ??= documentOf(event)
    const rules = matchCampaign(campaign, document, expensive)
    if (rules.length > 0) matches.push({ campaign, rules })
  }
  return { event, matches, expensive }
}

function matchCampaign(campaign: ActiveCampaign, document: object, expensive: number[]): ActiveRule[] {
  const found: ActiveRule[] = []
  // Where nothing can be refused for want of budget, the first is the only one that counts.
  const enough = !campaign.stackable && !campaign.limited
  for (const rule of campaign.rules) {
    try {
      if (!rule.matcher.matches(document)) continue
    } catch (error) {
      if (!(error instanceof AgentctlError) || error.code !== 'RULE_TOO_EXPENSIVE') throw error
      expensive.push(rule.rule_id)
      continue
    }
    found.push(rule)
    if (enough) break
  }
  return found
}

/** What became of a batch. */
export interface MatchedBatch<E extends StoredEvent> {
  matched: Matched<E>[]
  /** Events that could not be asked about, with why. */
  failed: { event: E; error: unknown }[]
  /** Events that there was no time for. */
  left: E[]
}

/**
 * Asks all rules about each event of a batch, in slices, so that requests are answered meanwhile.
 * @param ms time for it all, after which the rest is left; one event is always done
 */
export async function matchEvents<E extends StoredEvent>(
  events: readonly E[],
  rules: RuleSet,
  ms: number,
): Promise<MatchedBatch<E>> {
  const batch: MatchedBatch<E> = { matched: [], failed: [], left: [] }
  const began = performance.now()
  let sliceBegan = began
  for (const [i, event] of events.entries()) {
    try {
      batch.matched.push(matchEvent(event, rules))
    } catch (error) {
      batch.failed.push({ event, error })
    }
    const now = performance.now()
    if (now - began > ms) {
      batch.left = events.slice(i + 1)
      break
    }
    if (now - sliceBegan < SLICE) continue
    await turn()
    sliceBegan = performance.now()
  }
  return batch
}
