import { afterEach, beforeEach, expect, it } from 'vitest'
import { createEventRegistration } from '../../../src/runtime/campaigns/events/registration.ts'
import { claimEvents } from '../../../src/runtime/campaigns/processing/claim.ts'
import { reverseEarning } from '../../../src/runtime/campaigns/processing/reverse.ts'
import { changeCampaign } from '../../../src/runtime/campaigns/store/campaigns.ts'
import { changeRule } from '../../../src/runtime/campaigns/store/rules.ts'
import { createCloser } from '../../../src/runtime/kernel/index.ts'
import { sql } from '../../../src/runtime/platform/sql/index.ts'
import {
  addCampaign,
  type CampaignDatabase,
  countEvents,
  openCampaignDatabase,
  openProcessing,
} from '../../support/campaign-processing.ts'
import { chanceFor } from '../../support/faults.ts'
import { createTestDatabase } from '../../support/postgres.ts'

const USERS = 12
const ROUNDS = 12
const EVENTS = 300
const NO_CHECK = { check() {} }
let closer = createCloser()
let database: CampaignDatabase
beforeEach(async () => {
  closer = createCloser()
  const { url } = closer.add(await createTestDatabase(), (created) => created.drop())
  database = closer.add(await openCampaignDatabase(url, 30), (opened) => opened.close())
})
afterEach(() => closer.close())

/** Where the books do not agree with the ledger, at one moment. */
async function disagreements(): Promise<unknown[]> {
  const { rows } = await sql`
    WITH ledger AS (
      SELECT campaign_id, coalesce(user_id, '') AS user_id, sum(amount) AS sum FROM earnings GROUP BY 1, 2
    ), sums AS (SELECT campaign_id, sum(sum) AS sum FROM ledger GROUP BY 1)
    SELECT c.campaign_id, '*' AS user_id, c.spent, sums.sum FROM campaigns c LEFT JOIN sums USING (campaign_id)
      WHERE c.spent <> coalesce(sums.sum, 0) OR c.spent > c.budget
    UNION ALL
    SELECT campaign_id, user_id, s.spent, ledger.sum FROM campaign_spending s JOIN campaigns c USING (campaign_id)
      LEFT JOIN ledger USING (campaign_id, user_id)
      WHERE c.budget_per_user IS NOT NULL AND s.spent <> coalesce(ledger.sum, 0)`.execute(database.db)
  return rows
}

it('the books agree with the ledger at every moment, whatever happens to campaigns, rules and processors', async () => {
  const chance = chanceFor('exactness')
  const { db } = database
  const fixed = (amount: string, priority = 0) => ({ priority, reward: { type: 'fixed' as const, amount } })
  const made = [
    await addCampaign(db, { rules: [fixed('0.1'), fixed('3', 1)] }),
    await addCampaign(db, { budget: '400', matching: 'stackable', rules: [fixed('0.7'), fixed('2', 1)] }),
    await addCampaign(db, { budget_per_user: '9', rules: [fixed('1.3'), fixed('4', 1)] }),
    await addCampaign(db, { budget: '300', budget_per_user: '30', rules: [fixed('5'), fixed('0.01', -1)] }),
  ]
  const options = { poll: 20, lease: 500, maxAttempts: 1_000 }
  const processors = [7, 40, 150].map((batch) =>
    closer.add(openProcessing(database, { ...options, batch, processors: 2 }), (opened) =>
      opened.stop(10_000),
    ),
  )
  for (const each of processors) each.start()
  const registration = createEventRegistration({ db, onRegistered: () => processors[0]?.wake() })
  const over = new AbortController()
  const found: unknown[] = []

  async function watchBooks(): Promise<void> {
    while (!over.signal.aborted) found.push(...(await disagreements().catch(() => [])))
  }

  const acts: (() => Promise<unknown>)[] = [
    () => {
      const { campaign_id } = chance.pick(made)
      const amount = chance.pick([null, null, '1', '7.5', '20', '250', '1000'])
      return changeCampaign(db, campaign_id, { [chance.pick(['budget', 'budget_per_user'])]: amount })
    },
    () =>
      changeCampaign(db, chance.pick(made).campaign_id, {
        status: chance.pick(['active', 'active', 'paused'] as const),
      }),
    () => {
      const { campaign_id, rule_ids } = chance.pick(made)
      return changeRule(
        db,
        campaign_id,
        chance.pick(rule_ids),
        { active: chance.between(0, 2) > 0 },
        NO_CHECK,
      )
    },
    async () => {
      const { rows } = await sql<{
        most: number | null
      }>`SELECT max(earning_id) AS most FROM earnings`.execute(db)
      const ids = Array.from({ length: 10 }, () => chance.between(1, rows[0]?.most ?? 1))
      await Promise.allSettled([...ids, ...ids].map((id) => reverseEarning(db, id, 'returned')))
    },
    // A processor that ends with what it has claimed, and one whose connections are cut.
    () => claimEvents(db, chance.between(1, 60), 300),
    () =>
      sql`SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database()
        AND pid <> pg_backend_pid() AND query NOT LIKE '%current_database%' ORDER BY random() LIMIT 2`.execute(
        db,
      ),
  ]

  async function act(): Promise<void> {
    while (!over.signal.aborted)
      await chance
        .pick(acts)()
        .catch(() => {})
  }

  const others = [watchBooks(), act(), act(), act()]
  try {
    for (let round = 0; round < ROUNDS; round++)
      // Its connections are cut as well: as often as it takes.
      for (let done = false; !done; ) {
        const events = Array.from({ length: EVENTS }, (_, i) => ({
          event_id: `e${round}-${i}`,
          ...(i % USERS > 0 && { user_id: `u${i % USERS}` }),
        }))
        done = await registration.registerAll(events).then(
          () => true,
          () => false,
        )
      }
    await expect
      .poll(async () => (await countEvents(db).catch(() => ({ pending: 1 }))).pending ?? 0, {
        timeout: 50_000,
        interval: 50,
      })
      .toBe(0)
  } finally {
    over.abort()
    await Promise.allSettled(others)
  }
  await Promise.all(processors.map((each) => each.stop(10_000)))
  expect(found).toEqual([])
  expect(await disagreements()).toEqual([])
  const ends = await countEvents(db)
  expect(ends.failed ?? 0).toBe(0)
  expect((ends.processed ?? 0) + (ends.skipped ?? 0)).toBe(ROUNDS * EVENTS)
  const { rows } = await sql<{ wrong: number }>`
    SELECT count(*) AS wrong FROM events e WHERE (status = 'processed') <>
      EXISTS (SELECT FROM earnings WHERE earnings.event_id = e.event_id AND kind = 'earned')`.execute(db)
  expect(rows).toEqual([{ wrong: 0 }])
}, 90_000)
