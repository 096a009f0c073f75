import { type Kysely, sql } from '../../platform/sql/index.ts'
import { campaignsError } from '../errors.ts'
import type { NewRule, Rule, RuleChange } from '../messages.ts'
import type { CampaignTables } from '../schema.ts'
import { type Once, sameAsBefore } from './once.ts'
import { bumpRuleSet } from './rule-set.ts'

type Db = Kysely<CampaignTables>

const COLUMNS = [
  'rule_id',
  'campaign_id',
  'name',
  'conditions',
  'priority',
  'reward',
  'active',
  'created_at',
  'updated_at',
] as const

/** Rules of campaigns, in the order in which they are asked. */
export async function rulesOf(db: Db, campaignIds: readonly number[]): Promise<Rule[]> {
  if (campaignIds.length === 0) return []
  return db
    .selectFrom('campaign_rules')
    .select(COLUMNS)
    .where('campaign_id', '=', sql<number>`ANY(${campaignIds})`)
    .orderBy('priority', 'desc')
    .orderBy('rule_id')
    .execute()
}

/** @throws AgentctlError CAMPAIGN_RULE_NOT_FOUND */
export async function getRule(db: Db, ruleId: number): Promise<Rule> {
  const rule = await db
    .selectFrom('campaign_rules')
    .select(COLUMNS)
    .where('rule_id', '=', ruleId)
    .executeTakeFirst()
  if (rule === undefined) throw campaignsError('CAMPAIGN_RULE_NOT_FOUND', `rule ${ruleId}`)
  return rule
}

/** @param check sees the currency of the campaign, and throws where the rule does not go with it */
export interface RuleChecks {
  check(currency: string): void
}

/**
 * Adds a rule, or finds the one that was added under the same key.
 * @throws AgentctlError CAMPAIGN_NOT_FOUND, CAMPAIGN_CONFLICT, and what `check` throws
 */
export function addRule(
  db: Db,
  campaignId: number,
  rule: NewRule,
  { check, once }: RuleChecks & { once: Once | undefined },
): Promise<{ rule: Rule; fresh: boolean }> {
  return db.transaction().execute(async (trx) => {
    check(await currencyOf(trx, campaignId))
    const [added] = await insertRules(trx, campaignId, [rule], once)
    if (added === undefined) return { rule: await ruleUnder(trx, campaignId, once as Once), fresh: false }
    await bumpRuleSet(trx)
    return { rule: added, fresh: true }
  })
}

/** Adds rules in their order. With a key, none where there is one under that key. */
export async function insertRules(
  db: Db,
  campaignId: number,
  rules: readonly NewRule[],
  once?: Once,
): Promise<Rule[]> {
  if (rules.length === 0) return []
  const values = rules.map(({ name = null, ...rule }) => ({
    ...{ campaign_id: campaignId, name, ...rule },
    client_key: once?.key ?? null,
    client_hash: once?.hash ?? null,
  }))
  return db
    .insertInto('campaign_rules')
    .values(values)
    .onConflict((conflict) => conflict.columns(['campaign_id', 'client_key']).doNothing())
    .returning(COLUMNS)
    .execute()
}

async function ruleUnder(db: Db, campaignId: number, once: Once): Promise<Rule> {
  const { client_hash, ...rule } = await db
    .selectFrom('campaign_rules')
    .select([...COLUMNS, 'client_hash'])
    .where('campaign_id', '=', campaignId)
    .where('client_key', '=', once.key)
    .executeTakeFirstOrThrow()
  sameAsBefore(once, client_hash, `rule ${rule.rule_id}`)
  return rule
}

/** @throws AgentctlError CAMPAIGN_NOT_FOUND, CAMPAIGN_RULE_NOT_FOUND, and what `check` throws */
export function changeRule(
  db: Db,
  campaignId: number,
  ruleId: number,
  change: RuleChange,
  { check }: RuleChecks,
): Promise<Rule> {
  return db.transaction().execute(async (trx) => {
    check(await currencyOf(trx, campaignId))
    const changed = await trx
      .updateTable('campaign_rules')
      .set({ ...definedOf(change), updated_at: sql<string>`now()` })
      .where('rule_id', '=', ruleId)
      .where('campaign_id', '=', campaignId)
      .returning(COLUMNS)
      .executeTakeFirst()
    if (changed === undefined)
      throw campaignsError('CAMPAIGN_RULE_NOT_FOUND', `campaign ${campaignId} has no rule ${ruleId}`)
    await bumpRuleSet(trx)
    return changed
  })
}

async function currencyOf(db: Db, campaignId: number): Promise<string> {
  const campaign = await db
    .selectFrom('campaigns')
    .select('currency')
    .where('campaign_id', '=', campaignId)
    .forKeyShare()
    .executeTakeFirst()
  if (campaign === undefined) throw campaignsError('CAMPAIGN_NOT_FOUND', `campaign ${campaignId}`)
  return campaign.currency
}

/** Without the fields that are `undefined`, which are not to be changed. */
export function definedOf<T extends object>(fields: T): { [K in keyof T]: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as {
    [K in keyof T]: Exclude<T[K], undefined>
  }
}
