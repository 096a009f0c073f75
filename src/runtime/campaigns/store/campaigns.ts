import { type Kysely, sql } from '../../platform/sql/index.ts'
import { campaignsError } from '../errors.ts'
import type { Campaign, CampaignChange, CampaignEntry, NewCampaign } from '../messages.ts'
import type { CampaignTables } from '../schema.ts'
import { checkChange, descriptionSourceOf } from './campaign-checks.ts'
import { type Once, sameAsBefore } from './once.ts'
import { bumpRuleSet } from './rule-set.ts'
import { definedOf, insertRules, rulesOf } from './rules.ts'

type Db = Kysely<CampaignTables>

const COLUMNS = [
  'campaign_id',
  'name',
  'description',
  'description_source',
  'status',
  'starts_at',
  'ends_at',
  'matching',
  'currency',
  'budget',
  'budget_per_user',
  'spent',
  'created_at',
  'updated_at',
] as const

/** The columns hold nothing else: their constraints say so. */
const toEntry = (row: object) => row as CampaignEntry

/**
 * Makes a campaign with its rules, or finds the one that was made under the same key.
 * @throws AgentctlError CAMPAIGN_CONFLICT
 */
export function createCampaign(
  db: Db,
  { rules, ...asked }: NewCampaign,
  once: Once | undefined,
): Promise<{ campaign: Campaign; fresh: boolean }> {
  return db.transaction().execute(async (trx) => {
    const row = await trx
      .insertInto('campaigns')
      .values({
        ...asked,
        description_source: descriptionSourceOf(asked),
        client_key: once?.key ?? null,
        client_hash: once?.hash ?? null,
      })
      .onConflict((conflict) => conflict.column('client_key').doNothing())
      .returning(COLUMNS)
      .executeTakeFirst()
    if (row === undefined) return { campaign: await campaignUnder(trx, once as Once), fresh: false }
    await insertRules(trx, row.campaign_id, rules)
    const campaign = { ...toEntry(row), rules: await rulesOf(trx, [row.campaign_id]) }
    await bumpRuleSet(trx)
    return { campaign, fresh: true }
  })
}

async function campaignUnder(db: Db, once: Once): Promise<Campaign> {
  const { client_hash, ...row } = await db
    .selectFrom('campaigns')
    .select([...COLUMNS, 'client_hash'])
    .where('client_key', '=', once.key)
    .executeTakeFirstOrThrow()
  sameAsBefore(once, client_hash, `campaign ${row.campaign_id}`)
  return { ...toEntry(row), rules: await rulesOf(db, [row.campaign_id]) }
}

/** @throws AgentctlError CAMPAIGN_NOT_FOUND */
export async function getCampaign(db: Db, campaignId: number): Promise<Campaign> {
  const row = await db
    .selectFrom('campaigns')
    .select(COLUMNS)
    .where('campaign_id', '=', campaignId)
    .executeTakeFirst()
  if (row === undefined) throw notFound(campaignId)
  return { ...toEntry(row), rules: await rulesOf(db, [campaignId]) }
}

export interface CampaignQuery {
  status?: string | undefined
  limit: number
  /** Campaigns older than this one. */
  after?: number | undefined
}

/** The newest first. */
export async function listCampaigns(
  db: Db,
  { status, limit, after }: CampaignQuery,
): Promise<{ campaigns: CampaignEntry[]; next?: string }> {
  const rows = await db
    .selectFrom('campaigns')
    .select(COLUMNS)
    .$if(status !== undefined, (query) => query.where('status', '=', status as string))
    .$if(after !== undefined, (query) => query.where('campaign_id', '<', after as number))
    .orderBy('campaign_id', 'desc')
    .limit(limit + 1)
    .execute()
  const campaigns = rows.slice(0, limit).map(toEntry)
  const last = campaigns.at(-1)
  return { campaigns, ...(rows.length > limit && last ? { next: String(last.campaign_id) } : {}) }
}

/** All that events may count for, by id. */
export async function activeCampaigns(db: Db): Promise<Campaign[]> {
  const rows = await db
    .selectFrom('campaigns')
    .select(COLUMNS)
    .where('status', '=', 'active')
    .orderBy('campaign_id')
    .execute()
  const rules = Map.groupBy(
    await rulesOf(
      db,
      rows.map(({ campaign_id }) => campaign_id),
    ),
    ({ campaign_id }) => campaign_id,
  )
  return rows.map((row) => ({ ...toEntry(row), rules: rules.get(row.campaign_id) ?? [] }))
}

/** What the earnings of users in campaigns come to, by `CAMPAIGN_ID:USER_ID`; anonymous users are one: ''. */
export async function spendingOf(
  db: Db,
  campaignIds: readonly number[],
  users: readonly string[],
): Promise<Map<string, string>> {
  if (campaignIds.length === 0 || users.length === 0) return new Map()
  const user = sql<string>`coalesce(user_id, '')`
  const rows = await db
    .selectFrom('earnings')
    .select(['campaign_id', user.as('user'), sql<string>`sum(amount)`.as('spent')])
    .where('campaign_id', '=', sql<number>`ANY(${campaignIds})`)
    .where(user, 'in', users)
    .groupBy(['campaign_id', user])
    .execute()
  return new Map(rows.map(({ campaign_id, user, spent }) => [`${campaign_id}:${user}`, spent]))
}

/** @throws AgentctlError CAMPAIGN_NOT_FOUND, CAMPAIGN_INVALID, CAMPAIGN_BUDGET_SPENT */
export function changeCampaign(db: Db, campaignId: number, change: CampaignChange): Promise<Campaign> {
  return db.transaction().execute(async (trx) => {
    // Who settles holds the same lock: what was spent does not change below us.
    const before = await trx
      .selectFrom('campaigns')
      .select(COLUMNS)
      .where('campaign_id', '=', campaignId)
      .forNoKeyUpdate()
      .executeTakeFirst()
    if (before === undefined) throw notFound(campaignId)
    checkChange(before, change)
    const source = change.description === undefined ? {} : { description_source: descriptionSourceOf(change) }
    const row = await trx
      .updateTable('campaigns')
      .set({ ...definedOf(change), ...source, updated_at: sql<string>`now()` })
      .where('campaign_id', '=', campaignId)
      .returning(COLUMNS)
      .executeTakeFirstOrThrow()
    if (before.budget_per_user === null && row.budget_per_user !== null) await recount(trx, campaignId)
    const changed = { ...toEntry(row), rules: await rulesOf(trx, [campaignId]) }
    await bumpRuleSet(trx)
    return changed
  })
}

/** While users have no budget, what they have spent is not kept: it is then counted from the earnings anew. */
async function recount(db: Db, campaignId: number): Promise<void> {
  await db.deleteFrom('campaign_spending').where('campaign_id', '=', campaignId).execute()
}

const notFound = (campaignId: number) => campaignsError('CAMPAIGN_NOT_FOUND', `campaign ${campaignId}`)
