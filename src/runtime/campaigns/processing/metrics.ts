import type { Metrics } from '../../platform/metrics/index.ts'
import { type Kysely, sql } from '../../platform/sql/index.ts'
import type { CampaignTables } from '../schema.ts'
import type { Ended } from './ended.ts'

export interface ProcessingMetrics {
  /** @param expired of those, how many an earlier claim has not ended in time */
  claimed(events: number, expired: number): void
  ended(events: readonly Ended[]): void
  /** @param ms from the claim of a batch to its end */
  batch(ms: number): void
  refused(earnings: number): void
  expensive(evaluations: number): void
  retried(): void
}

const SIZES = [1, 2, 5, 10, 25, 50, 100, 250, 500, 1_000, 2_500, 5_000]
/** Beyond this nobody counts, for it takes time. */
const MOST_COUNTED = 100_000
/** Milliseconds for which a count holds. */
const FRESH = 3_000

export function createProcessingMetrics(metrics: Metrics, db: Kysely<CampaignTables>): ProcessingMetrics {
  const events = metrics.counter('campaign_events_total', 'Events by how they have ended', ['status'])
  const earnings = metrics.counter('campaign_earnings_total', 'Earnings that were given')
  const refused = metrics.counter('campaign_budget_refusals_total', 'Earnings that did not fit into a budget')
  const expensive = metrics.counter('campaign_rules_too_expensive_total', 'Evaluations that were given up')
  const expired = metrics.counter('campaign_leases_expired_total', 'Events taken over after their lease')
  const retried = metrics.counter('campaign_event_failures_total', 'Attempts at events that have failed')
  const sizes = metrics.histogram('campaign_batch_size', 'Events claimed at once', [], SIZES)
  const seconds = metrics.histogram('campaign_batch_seconds', 'From the claim of a batch to its end')
  const age = metrics.histogram('campaign_event_seconds', 'From registration of an event to its end')
  const count = recently(() => countPending(db))
  metrics.gauges(
    'campaign_events_pending',
    `Events that wait or are under way, up to ${MOST_COUNTED}`,
    [],
    async () => [[{}, await count()]],
  )
  return {
    claimed(size, late) {
      sizes.observe(size)
      if (late > 0) expired.inc(late)
    },
    ended(those) {
      for (const { ending, registered_at, processed_at, earnings: given } of those) {
        events.inc({ status: ending.status })
        if (given.length > 0) earnings.inc(given.length)
        age.observe(Math.max(0, Date.parse(processed_at) - Date.parse(registered_at)) / 1_000)
      }
    },
    batch: (ms) => seconds.observe(ms / 1_000),
    refused: (number) => refused.inc(number),
    expensive: (number) => expensive.inc(number),
    retried: () => retried.inc(),
  }
}

async function countPending(db: Kysely<CampaignTables>): Promise<number> {
  const { rows } = await sql<{ count: number }>`SELECT count(*) AS count FROM (
    SELECT 1 FROM events WHERE status = 'pending' LIMIT ${MOST_COUNTED}) AS some`.execute(db)
  return Number(rows[0]?.count ?? 0)
}

function recently(count: () => Promise<number>): () => Promise<number> {
  let last: { at: number; value: Promise<number> } | undefined
  return () => {
    if (last === undefined || performance.now() - last.at > FRESH)
      last = { at: performance.now(), value: count() }
    return last.value
  }
}
