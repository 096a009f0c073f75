import { type Kysely, sql } from '../../platform/sql/index.ts'
import type { CampaignTables } from '../schema.ts'

/**
 * Tells whoever has compiled rules that they have changed. It belongs to the transaction that changes them, as its last
 * statement: all others that change rules wait from here to the commit.
 */
export async function bumpRuleSet(db: Kysely<CampaignTables>): Promise<void> {
  await db.updateTable('campaign_rule_set').set({ version: sql<number>`version + 1` }).execute()
}
