import type { Logger } from 'pino'
import type { Campaign } from '../../src/runtime/campaigns/index.ts'
import { createProcessing, type Processing } from '../../src/runtime/campaigns/processing/processing.ts'
import { type CampaignTables, migrations, ROOM } from '../../src/runtime/campaigns/schema.ts'
import { type Kysely, migrateDatabase, openDatabase, sql } from '../../src/runtime/platform/sql/index.ts'
import { silent } from './redis.ts'

/** A database with the tables of campaigns, and what a test wants to know of it. */
export interface CampaignDatabase {
  url: string
  db: Kysely<CampaignTables>
  close(): Promise<void>
}

export async function openCampaignDatabase(url: string, max = 20): Promise<CampaignDatabase> {
  const database = openDatabase<CampaignTables>({ url, name: 'test', max, log: silent })
  await migrateDatabase(database.db, ROOM, migrations)
  return { url, db: database.db, close: () => database.close() }
}

export interface TestRule {
  conditions?: Record<string, unknown>
  priority?: number
  reward?: Campaign['rules'][number]['reward']
  active?: boolean
}

export interface TestCampaign {
  status?: string
  starts_at?: string | null
  ends_at?: string | null
  matching?: 'first_match' | 'stackable'
  currency?: string
  budget?: string | null
  budget_per_user?: string | null
  rules?: TestRule[]
}

/** Stores a campaign as the service would. */
export async function addCampaign(
  db: Kysely<CampaignTables>,
  { rules = [{}], ...campaign }: TestCampaign = {},
): Promise<{ campaign_id: number; rule_ids: number[] }> {
  const { campaign_id } = await db
    .insertInto('campaigns')
    .values({
      name: 'test',
      status: 'active',
      matching: 'first_match',
      currency: 'USD',
      ...campaign,
    } as never)
    .returning('campaign_id')
    .executeTakeFirstOrThrow()
  const rule_ids: number[] = []
  for (const { conditions = {}, priority = 0, active = true, reward } of rules) {
    const { rule_id } = await db
      .insertInto('campaign_rules')
      .values({
        ...{ campaign_id, priority, active },
        conditions: JSON.stringify(conditions) as never,
        reward: JSON.stringify(reward ?? { type: 'fixed', amount: '1' }) as never,
      })
      .returning('rule_id')
      .executeTakeFirstOrThrow()
    rule_ids.push(rule_id)
  }
  await bumpRules(db)
  return { campaign_id, rule_ids }
}

export async function bumpRules(db: Kysely<CampaignTables>): Promise<void> {
  await sql`UPDATE campaign_rule_set SET version = version + 1`.execute(db)
}

/** A bus that only remembers what it was told. */
export function createHeardBus() {
  const heard: { type: string; data: Record<string, unknown>; eventId: string }[] = []
  const send = async (type: string, data: unknown, options?: { eventId?: string }) => {
    heard.push({ type, data: data as Record<string, unknown>, eventId: options?.eventId ?? '' })
    return { eventId: options?.eventId ?? '', entryId: '', duplicate: false }
  }
  return { heard, bus: { send } }
}

/** Processors that are told of nothing but what the test tells them; they do not poll. */
export function openProcessing(
  { db, url }: CampaignDatabase,
  more: Partial<Parameters<typeof createProcessing>[0]> & { log?: Logger } = {},
): Processing {
  return createProcessing({
    ...{ db, url, name: 'test', bus: createHeardBus().bus, log: silent },
    ...{ processors: 1, batch: 500, lease: 30_000, maxAttempts: 5, poll: 3_600_000 },
    ...more,
  })
}

/** How many events are in which state. */
export async function countEvents(db: Kysely<CampaignTables>): Promise<Record<string, number>> {
  const { rows } = await sql<{ status: string; count: number }>`
    SELECT status, count(*) AS count FROM events GROUP BY status`.execute(db)
  return Object.fromEntries(rows.map(({ status, count }) => [status, Number(count)]))
}
