import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createEventRegistration } from '../../../src/runtime/campaigns/events/registration.ts'
import { createCloser } from '../../../src/runtime/kernel/index.ts'
import { sql } from '../../../src/runtime/platform/sql/index.ts'
import {
  addCampaign,
  type CampaignDatabase,
  countEvents,
  openCampaignDatabase,
  openProcessing,
} from '../../support/campaign-processing.ts'
import { startTestPostgres, type TestPostgres } from '../../support/postgres.ts'
import { readableLog } from '../../support/storage-role.ts'

const PATIENCE = { timeout: 60_000, interval: 50 }
let closer = createCloser()
let postgres: TestPostgres
let database: CampaignDatabase
beforeEach(async () => {
  closer = createCloser()
  postgres = closer.add(await startTestPostgres(), (server) => server.close())
  database = closer.add(await openCampaignDatabase(postgres.url), (opened) => opened.close())
})
afterEach(() => closer.close())

const register = (count: number) =>
  createEventRegistration({ db: database.db, onRegistered() {} }).registerAll(
    Array.from({ length: count }, (_, i) => ({ event_id: `e${i}`, user_id: `u${i % 10}` })),
  )

describe('processing', () => {
  it('goes on when the database was killed in the midst of it: nothing is lost, and nothing twice', async () => {
    await addCampaign(database.db)
    await addCampaign(database.db, { budget: '5000', budget_per_user: '60' })
    await register(1_000)
    const { log, lines } = readableLog()
    const said = (text: string) => lines.filter(({ msg }) => msg.includes(text)).length
    // What was claimed when the server was killed is free again soon.
    const options = { batch: 20, processors: 2, lease: 1_000, poll: 100, maxAttempts: 100, log }
    const processing = closer.add(openProcessing(database, options), (opened) => opened.stop(10_000))
    processing.start()
    for (let kills = 1; kills <= 2; kills++) {
      const before = (await countEvents(database.db)).processed ?? 0
      await expect
        .poll(async () => (await countEvents(database.db)).processed ?? 0, PATIENCE)
        .toSatisfy((now) => now > before || now === 1_000)
      await postgres.kill()
      await expect.poll(() => said('database takes nothing'), PATIENCE).toBe(kills)
      await postgres.start()
      await expect.poll(() => said('processed again'), PATIENCE).toBe(kills)
    }
    await expect.poll(() => countEvents(database.db), PATIENCE).toEqual({ processed: 1_000 })
    const { rows } = await sql<{ campaign_id: number; spent: string; sum: string }>`
      SELECT c.campaign_id, c.spent, sum(e.amount) AS sum FROM campaigns c JOIN earnings e USING (campaign_id)
      GROUP BY c.campaign_id ORDER BY c.campaign_id`.execute(database.db)
    expect(rows).toEqual([
      { campaign_id: 1, spent: '1000', sum: '1000' },
      { campaign_id: 2, spent: '600', sum: '600' },
    ])
    expect(lines.filter(({ level }) => level >= 50)).toEqual([])
  })

  it('stops at once while the database is away', async () => {
    const { log, lines } = readableLog()
    const processing = openProcessing(database, { log, poll: 100 })
    processing.start()
    await postgres.kill()
    const away = () => lines.filter(({ msg }) => msg.includes('database takes nothing')).length
    await expect.poll(away, PATIENCE).toBe(1)
    const began = performance.now()
    await processing.stop(60_000)
    expect(performance.now() - began).toBeLessThan(30_000)
  })
})
