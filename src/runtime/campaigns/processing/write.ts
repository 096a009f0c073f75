import { type Kysely, sql } from '../../platform/sql/index.ts'
import type { CampaignTables } from '../schema.ts'
import type { Ending, Entry, Settlement } from './settle.ts'

/** What was written. */
export interface Written {
  /** Events that were still ours, and have ended now. */
  ended: { event_id: string; processed_at: string }[]
  earned: { earning_id: number; event_id: string; rule_id: number }[]
}

/**
 * Everything in one statement. Events that are no longer ours are left alone, with their earnings. Sums of campaigns are
 * added to in the order of their ids, so that two of these cannot wait for each other. A campaign that was decided without looking
 * at its budgets must not have any by now: its sum would then become NULL, which the table refuses, and nothing is written.
 * What was known of users' sums is forgotten where they are not limited, since nobody adds to it. (With CASE instead of AND the
 * events are looked up by their ids: the index of all that are pending would seem shorter to the planner, and is not.)
 */
const WRITE = `
WITH ended AS (
  UPDATE events e SET status = x.status, matched_rule_id = x.matched_rule_id, reason = x.reason, detail = x.detail,
    claim = NULL, processed_at = now()
  FROM json_to_recordset($endings::json)
    AS x(event_id text, status text, matched_rule_id bigint, reason text, detail text)
  WHERE e.event_id = x.event_id AND CASE WHEN e.status = 'pending' THEN e.claim = $token ELSE false END
  RETURNING e.event_id, e.processed_at
), given AS (
  SELECT x.* FROM json_to_recordset($entries::json)
    AS x(place integer, event_id text, rule_id bigint, campaign_id bigint, user_id text, amount numeric, currency text)
  JOIN ended ON ended.event_id = x.event_id
), sums AS (
  SELECT campaign_id, sum(amount) AS amount FROM given GROUP BY campaign_id
), locked AS (
  SELECT campaign_id FROM campaigns WHERE campaign_id IN (SELECT campaign_id FROM sums)
  ORDER BY campaign_id FOR NO KEY UPDATE
), added AS (
  UPDATE campaigns c SET spent = CASE
    WHEN c.campaign_id = ANY($looked::bigint[]) OR (c.budget IS NULL AND c.budget_per_user IS NULL) THEN c.spent + sums.amount
  END
  FROM sums JOIN locked ON locked.campaign_id = sums.campaign_id WHERE c.campaign_id = sums.campaign_id
  RETURNING c.campaign_id, c.budget_per_user
), forgotten AS (
  DELETE FROM campaign_spending s USING added
  WHERE s.campaign_id = added.campaign_id AND added.budget_per_user IS NULL
), kept AS (
  INSERT INTO campaign_spending (campaign_id, user_id, spent)
  SELECT campaign_id, user_id, spent FROM json_to_recordset($spending::json)
    AS x(campaign_id bigint, user_id text, spent numeric)
  ON CONFLICT (campaign_id, user_id) DO UPDATE SET spent = excluded.spent
), earned AS (
  INSERT INTO earnings (event_id, rule_id, campaign_id, user_id, amount, currency, kind)
  SELECT event_id, rule_id, campaign_id, user_id, amount, currency, 'earned' FROM given ORDER BY place
  RETURNING earning_id, event_id, rule_id
)
SELECT event_id, processed_at, NULL::bigint AS earning_id, NULL::bigint AS rule_id FROM ended
UNION ALL SELECT event_id, NULL, earning_id, rule_id FROM earned`

const PARTS = WRITE.split(/\$(\w+)/)

interface Row {
  event_id: string
  processed_at: string
  earning_id: number | null
  rule_id: number
}

/**
 * Writes what was decided, as far as the events are still under this claim.
 * @param looked campaigns whose budgets were looked at, under a lock that is still held
 */
export async function writeSettlement(
  db: Kysely<CampaignTables>,
  token: string,
  { endings, entries, spending }: Pick<Settlement, 'endings' | 'entries' | 'spending'>,
  looked: readonly number[] = [],
): Promise<Written> {
  const values: Readonly<Record<string, unknown>> = {
    token,
    looked,
    endings: jsonOf(endings),
    entries: jsonOf(entries.map((entry, place) => ({ place, ...entry }))),
    spending: jsonOf(spending),
  }
  // Of a split by a pattern with a group, every second part is a name.
  const statement = sql.join<Row>(
    PARTS.map((part, i) => (i % 2 === 0 ? sql.raw(part) : sql`${values[part]}`)),
    sql.raw(''),
  )
  const { rows } = await sql<Row>`${statement}`.execute(db)
  const written: Written = { ended: [], earned: [] }
  for (const { event_id, processed_at, earning_id, rule_id } of rows)
    if (earning_id === null) written.ended.push({ event_id, processed_at })
    else written.earned.push({ earning_id, event_id, rule_id })
  return written
}

const jsonOf = (rows: readonly (Ending | Entry | object)[]) => JSON.stringify(rows)
