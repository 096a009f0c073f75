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
WITH earned AS (SELECT * FROM earnings WHERE event_id = $1 AND kind = 'earned'),
  every AS (SELECT * FROM earned UNION ALL
    SELECT * FROM earnings WHERE reverses IN (SELECT earning_id FROM earned))
SELECT earning_id, event_id, rule_id, campaign_id, user_id, amount, currency, kind, reverses, reason, created_at
FROM every ORDER BY earning_id`

const [HEAD = '', TAIL = ''] = EARNINGS.split('$1')

/**
 * An event with its earnings.
 * @throws AgentctlError CAMPAIGN_EVENT_NOT_FOUND
 */
export async function readEvent(db: Kysely<CampaignTables>, id: string): Promise<CampaignEvent> {
  // No id has such a character, and the database would refuse it.
  const row = id.includes('\0')
    ? undefined
    : await db.selectFrom('events').select(COLUMNS).where('event_id', '=', id).executeTakeFirst()
  if (row === undefined)
    throw campaignsError('CAMPAIGN_EVENT_NOT_FOUND', `event ${JSON.stringify(id)} is not registered`, {
      field: 'event_id',
    })
  // Read after it: of an event that has ended, the earnings are there.
  const earnings =
    row.status === 'processed'
      ? (await sql<Earning>`${sql.raw(HEAD)}${id}${sql.raw(TAIL)}`.execute(db)).rows
      : []
  return { ...row, earnings } as CampaignEvent
}
