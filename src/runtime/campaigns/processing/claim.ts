import { randomUUID } from 'node:crypto'
import { type Kysely, sql } from '../../platform/sql/index.ts'
import type { CampaignTables } from '../schema.ts'
import type { StoredEvent } from './document.ts'

export interface ClaimedEvent extends StoredEvent {
  /** With this one. */
  attempts: number
  /** What became of the attempt before. */
  detail: string | null
  registered_at: string
  /** The attempt before it has not ended within its lease. */
  expired: boolean
}

/** Events that are ours until the lease ends, or until another claim has taken them after that. */
export interface Claim {
  token: string
  /** The oldest first. */
  events: ClaimedEvent[]
  /** Of the rules, when they were claimed. */
  version: number
}

const CLAIM = `
WITH due AS (
  SELECT event_id, claim FROM events WHERE status = 'pending' AND due_at <= now()
  ORDER BY due_at LIMIT $1 FOR UPDATE SKIP LOCKED
)
UPDATE events e SET attempts = e.attempts + 1, due_at = now() + $2 * interval '1 ms', claim = $3
FROM due WHERE e.event_id = due.event_id
RETURNING e.event_id, e.user_id, e.merchant_id, e.amount, e.currency, e.occurred_at, e.data, e.attempts, e.detail,
  e.registered_at, due.claim IS NOT NULL AS expired, (SELECT version FROM campaign_rule_set) AS version`

const [FIRST = '', SECOND = '', THIRD = '', LAST = ''] = CLAIM.split(/\$\d/)

/**
 * Claims events that are due, those whose lease has ended among them. What another processor is claiming at the same moment
 * is passed over, not waited for.
 * @param lease milliseconds
 * @param many there may be far more than these
 */
export function claimEvents(
  db: Kysely<CampaignTables>,
  limit: number,
  lease: number,
  many = false,
): Promise<Claim> {
  if (!many) return claimIn(db, limit, lease)
  return db.transaction().execute(async (trx) => {
    await inOrderOfIndex(trx)
    return claimIn(trx, limit, lease)
  })
}

/**
 * Has what follows in this transaction read from an index in its order, and end at its limit. When very many have come within a
 * minute, the planner knows of few, and would read and sort all of them to find the first.
 */
export async function inOrderOfIndex(db: Kysely<CampaignTables>): Promise<void> {
  await sql`SET LOCAL enable_bitmapscan = off`.execute(db)
}

async function claimIn(db: Kysely<CampaignTables>, limit: number, lease: number): Promise<Claim> {
  const token = randomUUID()
  const { rows } = await sql<ClaimedEvent & { version: number }>`${sql.raw(FIRST)}${limit}${sql.raw(
    SECOND,
  )}${lease}::integer${sql.raw(THIRD)}${token}${sql.raw(LAST)}`.execute(db)
  return { token, events: rows.sort(byAge), version: rows[0]?.version ?? 0 }
}

/** Times are of one form, and so in the order of their texts. */
function byAge(a: ClaimedEvent, b: ClaimedEvent): number {
  if (a.registered_at !== b.registered_at) return a.registered_at < b.registered_at ? -1 : 1
  return a.event_id < b.event_id ? -1 : 1
}

/**
 * Whether an event is under a claim. With CASE instead of AND it is looked up by its id alone: the index of all events that
 * are pending would seem shorter to the planner, and is not.
 */
export const underClaim = (token: string) =>
  sql<boolean>`CASE WHEN status = 'pending' THEN claim = ${token} ELSE false END`

/** Lets others have events at once, as if they had not been claimed. */
export async function giveBack(
  db: Kysely<CampaignTables>,
  token: string,
  eventIds: readonly string[],
): Promise<void> {
  if (eventIds.length === 0) return
  await db
    .updateTable('events')
    .set({ claim: null, due_at: sql<string>`now()`, attempts: sql<number>`attempts - 1` })
    .where('event_id', '=', sql<string>`ANY(${eventIds})`)
    .where(underClaim(token))
    .execute()
}

/**
 * Notes that an attempt has failed; the event is due again after `delay` milliseconds, or has failed when that was its last.
 * @returns when it has failed
 */
export async function failAttempt(
  db: Kysely<CampaignTables>,
  token: string,
  eventId: string,
  { detail, delay, maxAttempts }: { detail: string; delay: number; maxAttempts: number },
): Promise<string | undefined> {
  const { rows } = await sql<{ processed_at: string | null }>`
    UPDATE events SET claim = NULL, detail = ${detail}, due_at = now() + ${delay}::integer * interval '1 ms',
      status = CASE WHEN attempts >= ${maxAttempts}::integer THEN 'failed' ELSE status END,
      reason = CASE WHEN attempts >= ${maxAttempts}::integer THEN 'error' END,
      processed_at = CASE WHEN attempts >= ${maxAttempts}::integer THEN now() END
    WHERE event_id = ${eventId} AND ${underClaim(token)}
    RETURNING processed_at`.execute(db)
  return rows[0]?.processed_at ?? undefined
}
