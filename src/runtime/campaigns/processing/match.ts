import { AgentctlError } from '../../kernel/index.ts'
import { createTurns } from '../turns.ts'
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

/** Rules that are asked in one go: the dearest take some 10 ms. */
const IN_ONE_GO = 32

/** Asks all rules about an event. */
export function matchEvent<E extends StoredEvent>(event: E, rules: RuleSet): Matched<E> {
  const asking = askAll(event, rules)
  for (;;) {
    const step = asking.next()
    if (step.done) return step.value
  }
}

/** Pauses now and then, for there may be very many rules. */
function* askAll<E extends StoredEvent>(event: E, { campaigns }: RuleSet): Generator<void, Matched<E>> {
  const matches: Match[] = []
  const expensive: number[] = []
  const occurredAt = Date.parse(event.occurred_at)
  let document: object | undefined
  let asked = 0
  for (const campaign of campaigns) {
    if (obstacleOf(campaign.terms, occurredAt, event.currency) !== undefined) continue
    document ??= documentOf(event)
    const rules = matchCampaign(campaign, document, expensive)
    if (rules.length > 0) matches.push({ campaign, rules })
    asked += campaign.rules.length
    if (asked < IN_ONE_GO) continue
    asked = 0
    yield
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
  const turns = createTurns()
  for (const [i, event] of events.entries()) {
    try {
      batch.matched.push(await matchInTurns(event, rules, turns))
    } catch (error) {
      batch.failed.push({ event, error })
    }
    if (performance.now() - began <= ms) continue
    batch.left = events.slice(i + 1)
    break
  }
  return batch
}

async function matchInTurns<E extends StoredEvent>(
  event: E,
  rules: RuleSet,
  turns: ReturnType<typeof createTurns>,
): Promise<Matched<E>> {
  const asking = askAll(event, rules)
  for (;;) {
    const step = asking.next()
    const pause = turns()
    if (pause !== undefined) await pause
    if (step.done) return step.value
  }
}
