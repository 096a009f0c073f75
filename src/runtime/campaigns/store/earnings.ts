import { type Kysely, sql } from '../../platform/sql/index.ts'
import type { Earning } from '../messages.ts'
import type { CampaignTables } from '../schema.ts'

type Db = Kysely<CampaignTables>

const COLUMNS = [
  'earning_id',
  'event_id',
  'rule_id',
  'campaign_id',
  'user_id',
  'amount',
  'currency',
  'kind',
  'reverses',
  'reason',
  'created_at',
] as const

/** Which earnings; those of all where nothing is said. */
export interface EarningFilter {
  campaign_id?: number | undefined
  user_id?: string | undefined
  event_id?: string | undefined
  rule_id?: number | undefined
  kind?: 'earned' | 'reversal' | undefined
}

export interface EarningPage {
  limit: number
  /** Earnings older than this one. */
  after?: number | undefined
}

const FIELDS = ['campaign_id', 'user_id', 'event_id', 'rule_id', 'kind'] as const

/** The newest first, and what all that the filter is about come to, by currency. */
export async function listEarnings(
  db: Db,
  filter: EarningFilter,
  { limit, after }: EarningPage,
): Promise<{ earnings: Earning[]; total: Record<string, string>; next?: string }> {
  // One moment for both: a page does not show what its total does not hold.
  const { rows, totals } = await db
    .transaction()
    .setIsolationLevel('repeatable read')
    .execute(async (trx) => ({
      rows: await matching(trx, filter)
        .select(COLUMNS)
        .$if(after !== undefined, (query) => query.where('earning_id', '<', after as number))
        .orderBy('earning_id', 'desc')
        .limit(limit + 1)
        .execute(),
      totals: await matching(trx, filter)
        .select(['currency', sql<string>`sum(amount)`.as('amount')])
        .groupBy('currency')
        .orderBy('currency')
        .execute(),
    }))
  const earnings = rows.slice(0, limit) as Earning[]
  const last = earnings.at(-1)
  return {
    earnings,
    total: Object.fromEntries(totals.map(({ currency, amount }) => [currency, amount])),
    ...(rows.length > limit && last ? { next: String(last.earning_id) } : {}),
  }
}

function matching(db: Db, filter: EarningFilter) {
  const given = FIELDS.flatMap((field) => {
    const value = filter[field]
    return value === undefined ? [] : [{ field, value }]
  })
  const ways = waysTo(filter)
  return db
    .selectFrom('earnings')
    .where(({ and, eb }) => and([...given.map(({ field, value }) => eb(field, '=', value)), ...ways]))
}

/** Follows from what is asked, and leads to an index, so that a few earnings are not looked for in all of them. */
function waysTo({ event_id, rule_id, kind }: EarningFilter) {
  const ofEvent = sql<boolean>`earning_id IN (
    WITH earned AS (SELECT earning_id FROM earnings WHERE event_id = ${event_id} AND kind = 'earned')
    SELECT earning_id FROM earned UNION ALL
    SELECT earning_id FROM earnings WHERE reverses IN (SELECT earning_id FROM earned))`
  const ofCampaign = sql<boolean>`campaign_id = (SELECT campaign_id FROM campaign_rules WHERE rule_id = ${rule_id})`
  return [
    ...(event_id === undefined ? [] : [ofEvent]),
    ...(rule_id === undefined ? [] : [ofCampaign]),
    ...(kind === 'reversal' ? [sql<boolean>`reverses IS NOT NULL`] : []),
  ]
}
