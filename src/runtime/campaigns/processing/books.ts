import { type Kysely, sql } from '../../platform/sql/index.ts'
import type { CampaignTables } from '../schema.ts'
import { underClaim } from './claim.ts'
import type { Matched } from './match.ts'
import { type Account, type Books, spenderKey } from './settle.ts'

/**
 * Locks those events that are still under a claim. In the order of their ids, as everybody who waits for locks does.
 * @returns their ids
 */
export async function lockEvents(
  db: Kysely<CampaignTables>,
  token: string,
  eventIds: readonly string[],
): Promise<Set<string>> {
  const rows = await db
    .selectFrom('events')
    .select('event_id')
    .where('event_id', '=', sql<string>`ANY(${eventIds})`)
    .where(underClaim(token))
    .orderBy('event_id')
    .forNoKeyUpdate()
    .execute()
  return new Set(rows.map(({ event_id }) => event_id))
}

/**
 * Locks campaigns until the transaction ends, and reads what they and their users have spent. A campaign's lock stands for
 * what its users have spent, too. Foreign keys are not held up.
 */
export async function lockBooks(
  db: Kysely<CampaignTables>,
  campaignIds: readonly number[],
  matched: readonly Matched[],
): Promise<Books> {
  const rows = await db
    .selectFrom('campaigns')
    .select(['campaign_id', 'budget', 'budget_per_user', 'spent'])
    .where('campaign_id', '=', sql<number>`ANY(${campaignIds})`)
    .orderBy('campaign_id')
    .forNoKeyUpdate()
    .execute()
  const campaigns = new Map(rows.map(({ campaign_id, ...account }) => [campaign_id, account]))
  return { campaigns, users: await readSpending(db, campaigns, matched) }
}

/** Where nobody has counted yet, the ledger is: a limit may be set when there are earnings already. */
const SPENDING = `
SELECT x.campaign_id, x.user_id, coalesce(s.spent, CASE
  WHEN x.user_id = '' THEN
    (SELECT sum(amount) FROM earnings e WHERE e.campaign_id = x.campaign_id AND e.user_id IS NULL)
  ELSE (SELECT sum(amount) FROM earnings e WHERE e.user_id = x.user_id AND e.campaign_id = x.campaign_id)
END, 0) AS spent
FROM json_to_recordset($1::json) AS x(campaign_id bigint, user_id text)
LEFT JOIN campaign_spending s ON s.campaign_id = x.campaign_id AND s.user_id = x.user_id`

const [HEAD = '', TAIL = ''] = SPENDING.split('$1')

async function readSpending(
  db: Kysely<CampaignTables>,
  campaigns: ReadonlyMap<number, Account>,
  matched: readonly Matched[],
): Promise<Map<string, string>> {
  const spenders = new Map<string, { campaign_id: number; user_id: string }>()
  for (const { event, matches } of matched)
    for (const { campaign_id } of matches.map(({ campaign }) => campaign)) {
      if ((campaigns.get(campaign_id)?.budget_per_user ?? null) === null) continue
      const user_id = event.user_id ?? ''
      spenders.set(spenderKey(campaign_id, user_id), { campaign_id, user_id })
    }
  if (spenders.size === 0) return new Map()
  const json = JSON.stringify([...spenders.values()])
  const { rows } = await sql<{
    campaign_id: number
    user_id: string
    spent: string
  }>`${sql.raw(HEAD)}${json}${sql.raw(TAIL)}`.execute(db)
  return new Map(rows.map(({ campaign_id, user_id, spent }) => [spenderKey(campaign_id, user_id), spent]))
}
