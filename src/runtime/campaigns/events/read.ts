import { createGathering } from '../../kernel/index.ts'
import { type Kysely, sql } from '../../platform/sql/index.ts'
import { campaignsError } from '../errors.ts'
import type { CampaignEvent, Earning } from '../messages.ts'
import type { CampaignTables } from '../schema.ts'

const COLUMNS = [
  ...(['event_id', 'user_id', 'merchant_id', 'amount', 'currency', 'occurred_at', 'data'] as const),
  ...([
    'status',
    'matched_rule_id',
    'reason',
    'detail',
    'attempts',
    'registered_at',
    'processed_at',
  ] as const),
] as const

/** Reversals are found by what they reverse: there is no index on the events of all earnings. */
const EARNINGS = `
WITH earned AS (SELECT * FROM earnings WHERE event_id = ANY($1) AND kind = 'earned'),
  every AS (SELECT * FROM earned UNION ALL
    SELECT * FROM earnings WHERE reverses IN (SELECT earning_id FROM earned))
SELECT earning_id, event_id, rule_id, campaign_id, user_id, amount, currency, kind, reverses, reason, created_at
FROM every ORDER BY earning_id`

const [HEAD = '', TAIL = ''] = EARNINGS.split('$1')

/** Events of one statement, each with 64 KiB of data at most. */
const BATCH = 100
/** The same of statements that ask for nothing but how they are. */
const LOOKS = 1_000

export interface EventReader {
  /**
   * An event with its earnings.
   * @throws AgentctlError CAMPAIGN_EVENT_NOT_FOUND
   */
  read(id: string): Promise<CampaignEvent>
  /** Whether an event has come to its end. */
  hasEnded(id: string): Promise<boolean>
}

/**
 * Reads events for any number of callers: what is asked for while a statement is under way goes into the next one, so that
 * they leave connections to others.
 */
export function createEventReader(db: Kysely<CampaignTables>): EventReader {
  const reading = createGathering<string, CampaignEvent | undefined>(BATCH, (ids) => readEvents(db, ids))
  const looking = createGathering<string, boolean>(LOOKS, async (ids) => {
    const ended = await readEnded(db, ids)
    return ids.map((id) => ended.has(id))
  })
  return {
    async read(id) {
      // No id has such a character, and the database would refuse it.
      const event = id.includes('\0') ? undefined : await reading.add(id)
      if (event !== undefined) return event
      throw campaignsError('CAMPAIGN_EVENT_NOT_FOUND', `event ${JSON.stringify(id)} is not registered`, {
        field: 'event_id',
      })
    },
    hasEnded: (id) => looking.add(id),
  }
}

async function readEvents(
  db: Kysely<CampaignTables>,
  ids: readonly string[],
): Promise<(CampaignEvent | undefined)[]> {
  const rows = await db.selectFrom('events').select(COLUMNS).where(isAnyOf(ids)).execute()
  const processed = rows.filter(({ status }) => status === 'processed').map(({ event_id }) => event_id)
  // Read after them: of events that have ended, the earnings are there.
  const earnings = Map.groupBy(await readEarnings(db, processed), ({ event_id }) => event_id)
  const found = new Map(
    rows.map((row) => [
      row.event_id,
      { ...row, earnings: earnings.get(row.event_id) ?? [] } as CampaignEvent,
    ]),
  )
  return ids.map((id) => found.get(id))
}

async function readEarnings(db: Kysely<CampaignTables>, ids: readonly string[]): Promise<Earning[]> {
  if (ids.length === 0) return []
  return (await sql<Earning>`${sql.raw(HEAD)}${ids}${sql.raw(TAIL)}`.execute(db)).rows
}

async function readEnded(db: Kysely<CampaignTables>, ids: readonly string[]): Promise<Set<string>> {
  const rows = await db
    .selectFrom('events')
    .select('event_id')
    .where(isAnyOf(ids))
    .where('status', '<>', 'pending')
    .execute()
  return new Set(rows.map(({ event_id }) => event_id))
}

const isAnyOf = (ids: readonly string[]) => sql<boolean>`event_id = ANY(${ids})`
