import { setTimeout as pause } from 'node:timers/promises'
import { type Logger, messageOf } from '../../kernel/index.ts'
import type { Kysely } from '../../platform/sql/index.ts'
import type { CampaignTables } from '../schema.ts'
import type { Alarm } from './alarm.ts'
import { setApart } from './apart.ts'
import { type Claim, type ClaimedEvent, claimEvents, giveBack } from './claim.ts'
import { type MatchedBatch, matchEvents } from './match.ts'
import type { ProcessingMetrics } from './metrics.ts'
import type { Patience } from './patience.ts'
import type { RuleSets } from './rule-set.ts'
import type { Ending } from './settle.ts'
import type { Settling } from './settling.ts'

export interface ProcessorOptions {
  db: Kysely<CampaignTables>
  ruleSets: RuleSets
  settling: Settling
  patience: Patience
  alarm: Alarm
  /** Events of one batch. */
  batch: number
  /** Milliseconds. */
  lease: number
  maxAttempts: number
  /** Milliseconds. */
  poll: number
  /** Told when a batch was full: there is work for others. */
  onMore(): void
  metrics: ProcessingMetrics | undefined
  log: Logger
}

/** Milliseconds to rest after a batch was given up: it is due again at once. */
const REST = 1_000
/** Share of the lease that the rules of a batch may take; what is left of it then is given back. */
const MATCHING = 0.25

/**
 * Processes events until it is stopped, batch after batch: while one is written, the next is claimed and asked about. The last
 * is finished; what cannot be is given back.
 */
export async function runProcessor(options: ProcessorOptions, stopping: AbortSignal): Promise<void> {
  const { db, ruleSets, patience, alarm, batch, lease, poll, onMore, metrics } = options
  let finished: Promise<boolean> = Promise.resolve(true)
  let limit = batch
  let full = false
  while (!stopping.aborted) {
    const claimedAt = performance.now()
    const claim = await patience.untilDone(() => claimEvents(db, limit, lease, full)).catch(() => undefined)
    if (claim === undefined) break
    const { token, events } = claim
    full = events.length === limit
    if (events.length === 0) {
      await alarm.wait(poll, stopping)
      continue
    }
    if (full) onMore()
    metrics?.claimed(events.length, events.filter(({ expired }) => expired).length)
    const { now, later } = setApart(events, options.maxAttempts)
    // Where one has to be alone, the others need not be claimed; where none has, all may be again.
    limit = later.length > 0 ? Math.max(1, limit >> 2) : Math.min(batch, limit * 2)
    const work = await giveBackAll(token, later)
      .then(() => match(now, claim.version))
      .catch(() => undefined)
    if (!(await finished)) await pause(REST, undefined, { signal: stopping }).catch(() => {})
    finished = finish({ ...claim, events: now }, work, claimedAt)
  }
  await finished

  function giveBackAll(token: string, events: readonly ClaimedEvent[]): Promise<void> {
    const ids = events.map(({ event_id }) => event_id)
    return patience.untilThere(() => giveBack(db, token, ids))
  }

  /** Events whose attempts are used up have their end without being asked about. */
  async function match(
    events: readonly ClaimedEvent[],
    version: number,
  ): Promise<MatchedBatch<ClaimedEvent>> {
    const rules = await patience.untilDone(() => ruleSets.get(version))
    return matchEvents(events.filter(hasAttempts), rules, lease * MATCHING)
  }

  function hasAttempts({ attempts }: ClaimedEvent): boolean {
    return attempts <= options.maxAttempts
  }

  /** Never fails: what is not finished is somebody else's in the end. @returns whether it is finished */
  async function finish(
    claim: Claim,
    work: MatchedBatch<ClaimedEvent> | undefined,
    claimedAt: number,
  ): Promise<boolean> {
    try {
      if (work === undefined) throw new Error('there was no time to ask the rules')
      await settleAll(claim, work)
      metrics?.batch(performance.now() - claimedAt)
      return true
    } catch (error) {
      if (!patience.over) options.log.error({ reason: messageOf(error) }, 'a batch of events was given up')
      if (!patience.away)
        await giveBack(
          db,
          claim.token,
          claim.events.map(({ event_id }) => event_id),
        ).catch(() => {})
      return false
    }
  }

  async function settleAll(
    { token, events }: Claim,
    { matched, failed, left }: MatchedBatch<ClaimedEvent>,
  ): Promise<void> {
    const { settling } = options
    const expensive = matched.reduce((sum, each) => sum + each.expensive.length, 0)
    if (expensive > 0) metrics?.expensive(expensive)
    if (matched.length > 0) await settling.settle(token, matched)
    for (const { event, error } of failed) await settling.fail(token, event, error)
    const spent = events.filter((event) => !hasAttempts(event))
    if (spent.length > 0) await settling.end(token, spent, spent.map(givenUp))
    await giveBackAll(token, left)
  }
}

function givenUp({ event_id, attempts, detail }: ClaimedEvent): Ending {
  const why = `given up after ${attempts - 1} attempts, none of which came to an end`
  return {
    ...{ event_id, status: 'failed', matched_rule_id: null, reason: 'error' },
    detail: detail === null ? why : `${why}; before: ${detail}`.slice(0, 2_000),
  }
}
