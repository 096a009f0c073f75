import { type Kysely, sql } from '../../platform/sql/index.ts'
import { inOrderOfIndex } from '../processing/claim.ts'
import type { Ended } from '../processing/ended.ts'
import type { CampaignTables } from '../schema.ts'

/** Milliseconds within which those who have settled events announce them themselves. */
const GRACE = 2_000

/**
 * Locks events that have ended and that nobody has announced, until the transaction ends, and reads what there is to say.
 * Those that somebody else is announcing are passed over. Redis is waited for under these locks: they keep nobody from
 * reversing an earning, whose row refers to the event.
 */
export async function takeUnannounced(db: Kysely<CampaignTables>, limit: number): Promise<Ended[]> {
  await inOrderOfIndex(db)
  const events = await db
    .selectFrom('events')
    .select(['event_id', 'user_id', 'status', 'matched_rule_id', 'reason', 'detail'])
    .select(['registered_at', 'processed_at'])
    .where('status', '<>', 'pending')
    .where('announced', '=', false)
    .where('processed_at', '<', sql<string>`now() - ${GRACE}::integer * interval '1 ms'`)
    .orderBy('processed_at')
    .limit(limit)
    .forNoKeyUpdate()
    .skipLocked()
    .execute()
  const earnings = await readEarnings(
    db,
    events.map(({ event_id }) => event_id),
  )
  return events.map(({ user_id, registered_at, processed_at, ...ending }) => ({
    ...{ user_id, registered_at, processed_at: processed_at ?? registered_at },
    ending: ending as Ended['ending'],
    earnings: earnings.get(ending.event_id) ?? [],
  }))
}

async function readEarnings(
  db: Kysely<CampaignTables>,
  eventIds: readonly string[],
): Promise<Map<string, Ended['earnings']>> {
  if (eventIds.length === 0) return new Map()
  const rows = await db
    .selectFrom('earnings')
    .select(['event_id', 'earning_id', 'rule_id', 'campaign_id', 'user_id', 'amount', 'currency'])
    .where('event_id', '=', sql<string>`ANY(${eventIds})`)
    .where('kind', '=', 'earned')
    .orderBy('earning_id')
    .execute()
  const byEvent = new Map<string, Ended['earnings']>()
  for (const { event_id, ...earning } of rows) {
    const own = byEvent.get(event_id) ?? []
    own.push(earning)
    byEvent.set(event_id, own)
  }
  return byEvent
}

/** Notes that events were announced. */
export async function markAnnounced(db: Kysely<CampaignTables>, eventIds: readonly string[]): Promise<void> {
  await db
    .updateTable('events')
    .set({ announced: true })
    .where('event_id', '=', sql<string>`ANY(${eventIds})`)
    .execute()
}
