import { messageOf } from '../../kernel/index.ts'
import { isDatabaseAway, type Kysely } from '../../platform/sql/index.ts'
import type { CampaignTables } from '../schema.ts'
import { lockBooks, lockEvents } from './books.ts'
import { type ClaimedEvent, failAttempt } from './claim.ts'
import { type Ended, endedOf } from './ended.ts'
import { isNobodysFault, isTooSlow } from './fault.ts'
import { type Matched, matchEvent } from './match.ts'
import type { ProcessingMetrics } from './metrics.ts'
import type { Patience } from './patience.ts'
import type { RuleSets } from './rule-set.ts'
import { type Books, type Ending, NO_BOOKS, type Settlement, settle } from './settle.ts'
import { type Written, writeSettlement } from './write.ts'

export interface SettlingOptions {
  db: Kysely<CampaignTables>
  ruleSets: RuleSets
  patience: Patience
  maxAttempts: number
  /** Told of what was committed. */
  onEnded(ended: Ended[]): void
  /** Told that an event is due again after so many milliseconds. */
  onDelayed(ms: number): void
  metrics: ProcessingMetrics | undefined
}

export interface Settling {
  /** Ends events of a claim, in one transaction unless some of them cannot be written. */
  settle(token: string, matched: readonly Matched<ClaimedEvent>[]): Promise<void>
  /** Ends events whose end is known already. */
  end(token: string, events: readonly ClaimedEvent[], endings: readonly Ending[]): Promise<void>
  /** Notes that an attempt has failed. */
  fail(token: string, event: ClaimedEvent, error: unknown): Promise<void>
}

/** Milliseconds to the next attempt at an event: the first, doubled up to the last. */
const [SHORTEST, LONGEST] = [200, 30_000]
const MAX_DETAIL = 1_000
const NOTHING = { decided: settle([], NO_BOOKS), written: { ended: [], earned: [] } }

export function createSettling(options: SettlingOptions): Settling {
  const { db, ruleSets, patience, maxAttempts, onEnded, onDelayed, metrics } = options

  /** One attempt. Without budgets a single statement does it all; else everything that is looked at is locked first. */
  async function attempt(
    token: string,
    matched: readonly Matched<ClaimedEvent>[],
    careful: boolean,
  ): Promise<void> {
    const campaigns = new Set<number>()
    let limited = careful
    for (const { matches } of matched)
      for (const { campaign } of matches) {
        campaigns.add(campaign.campaign_id)
        limited ||= campaign.limited
      }
    const looked = [...campaigns].sort((a, b) => a - b)
    const done = limited
      ? await db.transaction().execute((trx) => settleLocked(trx, token, matched, looked, careful))
      : await settleFreely(token, matched)
    if (done.decided.refused > 0) metrics?.refused(done.decided.refused)
    tell(matched, done.decided, done.written)
  }

  async function settleFreely(token: string, matched: readonly Matched<ClaimedEvent>[]) {
    const decided = settle(matched, NO_BOOKS)
    return { decided, written: await writeSettlement(db, token, decided) }
  }

  async function settleLocked(
    trx: Kysely<CampaignTables>,
    token: string,
    matched: readonly Matched<ClaimedEvent>[],
    looked: readonly number[],
    careful: boolean,
  ) {
    const ours = await lockEvents(
      trx,
      token,
      matched.map(({ event }) => event.event_id),
    )
    const rest = matched.filter(({ event }) => ours.has(event.event_id))
    if (rest.length === 0) return NOTHING
    const books = await lockBooks(trx, looked, rest)
    if (!careful && hasNewBudget(rest, books))
      throw new Error('a campaign has got a budget: its other rules may have a chance')
    const decided = settle(rest, books)
    return { decided, written: await writeSettlement(trx, token, decided, looked) }
  }

  function tell(
    matched: readonly { event: ClaimedEvent }[],
    { endings, entries }: Pick<Settlement, 'endings' | 'entries'>,
    written: Written,
  ): void {
    const ended = endedOf(
      matched.map(({ event }) => event),
      endings,
      entries,
      written,
    )
    if (ended.length > 0) onEnded(ended)
  }

  /**
   * What was written in between may be at fault, such as a budget that a campaign has got: so once more with the rules as
   * they are now. After that, halves, until an event that cannot be written is alone. Rejects with what is no event's fault.
   */
  async function settleAll(
    token: string,
    matched: readonly Matched<ClaimedEvent>[],
    careful: boolean,
  ): Promise<void> {
    try {
      await patience.untilThere(() => attempt(token, matched, careful))
    } catch (error) {
      if (patience.over || isDatabaseAway(error)) throw error
      if (!careful) {
        const rules = await patience.untilThere(() => ruleSets.reload())
        return settleAll(
          token,
          matched.map(({ event }) => matchEvent(event, rules)),
          true,
        )
      }
      const [only] = matched
      const alone = matched.length === 1
      // More at once may take too long; of anything else that is no event's fault, none of them is to fail.
      if (isNobodysFault(error) && (alone || !isTooSlow(error))) throw error
      if (only !== undefined && alone) return fail(token, only.event, error)
      const middle = Math.ceil(matched.length / 2)
      await settleAll(token, matched.slice(0, middle), true)
      await settleAll(token, matched.slice(middle), true)
    }
  }

  async function fail(token: string, event: ClaimedEvent, error: unknown): Promise<void> {
    const delay = Math.min(LONGEST, SHORTEST * 2 ** Math.min(event.attempts - 1, 20))
    const detail = storable(messageOf(error))
    metrics?.retried()
    const how = { detail, delay, maxAttempts }
    const failedAt = await patience.untilThere(() => failAttempt(db, token, event.event_id, how))
    if (failedAt === undefined) return onDelayed(delay)
    const { event_id, user_id, registered_at } = event
    const ending: Ending = { event_id, status: 'failed', matched_rule_id: null, reason: 'error', detail }
    onEnded([{ ending, user_id, registered_at, processed_at: failedAt, earnings: [] }])
  }

  return {
    settle: (token, matched) => settleAll(token, matched, false),
    async end(token, events, endings) {
      const decided = { endings: [...endings], entries: [], spending: [] }
      const written = await patience.untilThere(() => writeSettlement(db, token, decided))
      tell(
        events.map((event) => ({ event })),
        decided,
        written,
      )
    },
    fail,
  }
}

/** Whether rules were asked about as if a campaign had no budget, where the first that matches is enough. */
function hasNewBudget(matched: readonly Matched[], { campaigns }: Books): boolean {
  return matched.some(({ matches }) =>
    matches.some(({ campaign: { campaign_id, limited } }) => {
      const account = campaigns.get(campaign_id)
      return !limited && account !== undefined && (account.budget ?? account.budget_per_user) !== null
    }),
  )
}

const storable = (text: string) => text.toWellFormed().replaceAll('\0', '\uFFFD').slice(0, MAX_DETAIL)
