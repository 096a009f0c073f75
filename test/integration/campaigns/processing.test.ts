import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createEventRegistration } from '../../../src/runtime/campaigns/events/registration.ts'
import type { EventInput, NewEvent } from '../../../src/runtime/campaigns/index.ts'
import { type Claim, claimEvents, giveBack } from '../../../src/runtime/campaigns/processing/claim.ts'
import { matchEvent } from '../../../src/runtime/campaigns/processing/match.ts'
import { createPatience } from '../../../src/runtime/campaigns/processing/patience.ts'
import type { Processing } from '../../../src/runtime/campaigns/processing/processing.ts'
import { reverseEarning } from '../../../src/runtime/campaigns/processing/reverse.ts'
import { createRuleSets } from '../../../src/runtime/campaigns/processing/rule-set.ts'
import { createSettling } from '../../../src/runtime/campaigns/processing/settling.ts'
import { createCloser } from '../../../src/runtime/kernel/index.ts'
import { sql } from '../../../src/runtime/platform/sql/index.ts'
import {
  addCampaign,
  bumpRules,
  type CampaignDatabase,
  countEvents,
  openCampaignDatabase,
  openProcessing,
} from '../../support/campaign-processing.ts'
import { createTestDatabase } from '../../support/postgres.ts'
import { silent } from '../../support/redis.ts'
import { readableLog } from '../../support/storage-role.ts'

const PATIENCE = { timeout: 40_000, interval: 50 }
let closer = createCloser()
let database: CampaignDatabase
beforeEach(async () => {
  closer = createCloser()
  const { url } = closer.add(await createTestDatabase(), (created) => created.drop())
  database = closer.add(await openCampaignDatabase(url, 40), (opened) => opened.close())
})
afterEach(() => closer.close())

const register = (events: readonly EventInput[], wake: () => void = () => {}) =>
  createEventRegistration({ db: database.db, onRegistered: wake }).registerAll(events)

const start = (more: Parameters<typeof openProcessing>[1] = {}): Processing => {
  const processing = closer.add(openProcessing(database, more), (opened) => opened.stop(10_000))
  processing.start()
  return processing
}

const untilDone = () =>
  expect.poll(async () => (await countEvents(database.db)).pending ?? 0, PATIENCE).toBe(0)

async function process(events: readonly EventInput[]): Promise<void> {
  await register(events)
  const processing = start()
  await untilDone()
  await processing.stop(10_000)
}

const eventRow = (id: string) =>
  database.db.selectFrom('events').selectAll().where('event_id', '=', id).executeTakeFirstOrThrow()

/** Each earning as `event:rule:amount`, in the order in which they were given. */
async function given(): Promise<string[]> {
  const rows = await database.db.selectFrom('earnings').selectAll().orderBy('earning_id').execute()
  return rows.map(({ event_id, rule_id, amount }) => `${event_id}:${rule_id}:${amount}`)
}

/** What the ledger and the sums say; they must be the same at any moment. */
async function sums() {
  const { rows } = await sql<{ campaign_id: number; spent: string; ledger: string }>`
    SELECT campaign_id, spent, coalesce((SELECT sum(amount) FROM earnings e WHERE e.campaign_id = c.campaign_id), 0) AS ledger
    FROM campaigns c ORDER BY campaign_id`.execute(database.db)
  return rows.map(({ spent, ledger }) => [Number(spent), Number(ledger)])
}

describe('what an event earns', () => {
  it('is decided by each campaign for itself, by priority, then age of the rule', async () => {
    const first = await addCampaign(database.db, {
      rules: [{ priority: 1 }, { priority: 5, conditions: { amount: { $gt: 10 } } }, { priority: 5 }],
    })
    const stacked = await addCampaign(database.db, {
      matching: 'stackable',
      rules: [
        { reward: { type: 'percent', percent: '10' } },
        { conditions: { 'data.vip': true }, priority: 9 },
      ],
    })
    await process([
      { event_id: 'large', amount: 15, data: { vip: true } },
      { event_id: 'small', amount: 5 },
    ])
    const [low, condition, always] = first.rule_ids
    const [share, vip] = stacked.rule_ids
    expect((await given()).sort()).toEqual(
      [
        `large:${condition}:1`,
        ...[`large:${vip}:1`, `large:${share}:1.50`],
        ...[`small:${always}:1`, `small:${share}:0.50`],
      ].sort(),
    )
    expect(low).toBeDefined()
    expect(await eventRow('large')).toMatchObject({
      ...{ status: 'processed', matched_rule_id: condition, reason: null, attempts: 1, claim: null },
      processed_at: expect.any(String),
    })
    expect(await sums()).toEqual([
      [2, 2],
      [3, 3],
    ])
  })

  it('depends on the status, the dates and the currency of a campaign, and on whether rules are active', async () => {
    await addCampaign(database.db, { status: 'paused' })
    await addCampaign(database.db, { rules: [{ active: false }] })
    const dated = await addCampaign(database.db, {
      ...{ starts_at: '2026-03-01T00:00:00Z', ends_at: '2026-04-01T00:00:00Z', currency: 'EUR' },
    })
    const at = (occurred_at: string, currency?: string) => ({
      event_id: `${occurred_at}${currency ?? ''}`,
      occurred_at,
      ...(currency && { currency }),
    })
    await process([
      at('2026-02-28T23:59:59.999Z', 'EUR'),
      at('2026-03-01T00:00:00Z', 'EUR'),
      at('2026-03-01T00:00:00Z', 'USD'),
      at('2026-03-31T23:59:59.999Z'),
      at('2026-04-01T00:00:00Z'),
    ])
    expect((await given()).sort()).toEqual([
      `2026-03-01T00:00:00ZEUR:${dated.rule_ids[0]}:1`,
      `2026-03-31T23:59:59.999Z:${dated.rule_ids[0]}:1`,
    ])
    expect(await eventRow('2026-03-01T00:00:00ZUSD')).toMatchObject({ status: 'skipped', reason: 'no_match' })
  })

  it('is given as long as the budgets last, the next rule having its chance', async () => {
    const { rule_ids } = await addCampaign(database.db, {
      ...{ budget: '25', budget_per_user: '12' },
      rules: [
        { priority: 2, reward: { type: 'fixed', amount: '10' } },
        { priority: 1, reward: { type: 'fixed', amount: '2' } },
      ],
    })
    await process(Array.from({ length: 8 }, (_, i) => ({ event_id: `e${i}`, user_id: i < 4 ? 'x' : 'y' })))
    const [ten, two] = rule_ids
    expect(await given()).toEqual([`e0:${ten}:10`, `e1:${two}:2`, `e4:${ten}:10`, `e5:${two}:2`])
    expect(await eventRow('e7')).toMatchObject({ status: 'skipped', reason: 'budget_exhausted' })
    expect(await sums()).toEqual([[24, 24]])
  })

  it('counts what users have earned before there was a limit, and after it was lifted', async () => {
    const { campaign_id } = await addCampaign(database.db)
    const limit = async (budget_per_user: string | null) => {
      await database.db
        .updateTable('campaigns')
        .set({ budget_per_user })
        .where('campaign_id', '=', campaign_id)
        .execute()
      await bumpRules(database.db)
    }
    const five = (name: string) =>
      Array.from({ length: 10 }, (_, i) => ({ event_id: `${name}${i}`, ...(i < 5 && { user_id: 'x' }) }))
    await process(five('a'))
    expect(await given()).toHaveLength(10)
    await limit('7')
    await process(five('b'))
    expect(await given()).toHaveLength(14)
    await limit(null)
    await process(five('c'))
    expect(await given()).toHaveLength(24)
    await limit('13')
    await process(five('d'))
    expect(await given()).toHaveLength(26)
    expect(await sums()).toEqual([[26, 26]])
  })

  it('leaves a rule aside that cannot be understood, or takes too long', async () => {
    const often = { $or: Array.from({ length: 30 }, (_, i) => ({ 'data.list': { $eq: -1 - i } })) }
    const { rule_ids } = await addCampaign(database.db, {
      rules: [
        { priority: 3, conditions: { amount: { $where: 'true' } } },
        { priority: 2, conditions: often },
        {},
      ],
    })
    await process([
      { event_id: 'a', data: { list: Array.from({ length: 20_000 }, () => 1) } },
      { event_id: 'b' },
    ])
    const [, expensive, last] = rule_ids
    expect(await given()).toEqual([`a:${last}:1`, `b:${last}:1`])
    expect((await eventRow('a')).detail).toMatch(new RegExp(`more steps .* rules ${expensive}$`))
    expect((await eventRow('b')).detail).toBeNull()
  })

  it('follows every change of the rules', async () => {
    const { campaign_id, rule_ids } = await addCampaign(database.db, {
      rules: [{ conditions: { merchant_id: 'M' } }],
    })
    const processing = start()
    const one = async (event_id: string) => {
      await register([{ event_id, merchant_id: 'M' }], processing.wake)
      await untilDone()
      return (await eventRow(event_id)).status
    }
    expect(await one('a')).toBe('processed')
    await database.db
      .updateTable('campaign_rules')
      .set({ conditions: JSON.stringify({ merchant_id: 'N' }) as never })
      .where('rule_id', '=', rule_ids[0] as number)
      .execute()
    await bumpRules(database.db)
    expect(await one('b')).toBe('skipped')
    await addCampaign(database.db)
    expect(await one('c')).toBe('processed')
    await database.db.updateTable('campaigns').set({ status: 'ended' }).execute()
    await bumpRules(database.db)
    expect(await one('d')).toBe('skipped')
    expect(campaign_id).toBe(1)
  })
})

describe('processing', () => {
  it('gives each event its earnings once, and budgets to the last cent, however many process', async () => {
    const events = 3_000
    await addCampaign(database.db, { rules: [{ reward: { type: 'fixed', amount: '0.1' } }] })
    await addCampaign(database.db, {
      ...{ budget: '500.55', budget_per_user: '7.35', matching: 'stackable' },
      rules: [
        { priority: 1, reward: { type: 'percent', percent: '33.3' } },
        { reward: { type: 'fixed', amount: '0.15' } },
      ],
    })
    await addCampaign(database.db, { budget: '99.9', rules: [{ reward: { type: 'fixed', amount: '0.3' } }] })
    for (let from = 0; from < events; from += 1_000)
      await register(
        Array.from({ length: 1_000 }, (_, i) => ({
          event_id: `e${from + i}`,
          ...{ user_id: `u${i % 100}`, amount: ((i % 37) + 1) / 10 },
        })),
      )
    const all = Array.from({ length: 8 }, () => start({ batch: 37, processors: 2 }))
    await untilDone()
    await Promise.all(all.map((each) => each.stop(10_000)))
    expect(await countEvents(database.db)).toEqual({ processed: events })
    const { rows } = await sql<{ campaign_id: number; sum: string; count: number; most: string }>`
      SELECT campaign_id, sum(amount) AS sum, count(*) AS count, count(DISTINCT (event_id, rule_id)) AS different
      FROM earnings GROUP BY campaign_id ORDER BY campaign_id`.execute(database.db)
    expect(rows[0]).toMatchObject({ sum: '300.0', count: events, different: events })
    expect(rows[2]).toMatchObject({ sum: '99.9', count: 333, different: 333 })
    // Whoever was refused last had at least the smallest earning left over.
    expect(Number(rows[1]?.sum)).toBeLessThanOrEqual(500.55)
    expect(Number(rows[1]?.sum)).toBeGreaterThan(500.55 - 0.15)
    const users = await sql<{ most: string; wrong: number }>`
      WITH own AS (SELECT user_id, sum(amount) AS sum FROM earnings WHERE campaign_id = 2 GROUP BY user_id)
      SELECT max(own.sum) AS most, count(*) FILTER (WHERE s.spent <> own.sum) AS wrong
      FROM own JOIN campaign_spending s ON s.user_id = own.user_id AND s.campaign_id = 2`.execute(database.db)
    expect(Number(users.rows[0]?.most)).toBeLessThanOrEqual(7.35)
    expect(users.rows[0]?.wrong).toBe(0)
    for (const [spent, ledger] of await sums()) expect(spent).toBe(ledger)
  })

  it('keeps to a budget that a campaign gets in the midst of it', async () => {
    const { campaign_id } = await addCampaign(database.db)
    for (let from = 0; from < 4_000; from += 1_000)
      await register(Array.from({ length: 1_000 }, (_, i) => ({ event_id: `e${from + i}` })))
    const all = Array.from({ length: 4 }, () => start({ batch: 20 }))
    await expect.poll(async () => (await given()).length, PATIENCE).toBeGreaterThan(500)
    // As the service does: in one transaction, refused by the database where more is spent already.
    await database.db.transaction().execute(async (trx) => {
      await trx
        .updateTable('campaigns')
        .set({ budget: sql<string>`spent + 100`, budget_per_user: sql<string>`spent + 50` })
        .where('campaign_id', '=', campaign_id)
        .execute()
      await sql`UPDATE campaign_rule_set SET version = version + 1`.execute(trx)
    })
    const { budget_per_user } = await database.db
      .selectFrom('campaigns')
      .select('budget_per_user')
      .executeTakeFirstOrThrow()
    await untilDone()
    await Promise.all(all.map((each) => each.stop(10_000)))
    // All events are nobody's, which is one user.
    expect(await given()).toHaveLength(Number(budget_per_user))
    expect(await sums()).toEqual([[Number(budget_per_user), Number(budget_per_user)]])
    expect((await countEvents(database.db)).failed).toBeUndefined()
  })

  it('gives the next rule its chance when a campaign has got a budget since the rules were asked', async () => {
    const rules = [
      { priority: 1, reward: { type: 'fixed' as const, amount: '5' } },
      { reward: { type: 'fixed' as const, amount: '1' } },
    ]
    const { campaign_id, rule_ids } = await addCampaign(database.db, { rules })
    // Another one with a budget, for which everything is looked at under locks.
    const other = await addCampaign(database.db, { budget: '100' })
    await register([{ event_id: 'a' }])
    const ruleSets = createRuleSets({ db: database.db, log: silent })
    const { token, events, version } = await claimEvents(database.db, 10, 60_000)
    const before = await ruleSets.get(version)
    await database.db
      .updateTable('campaigns')
      .set({ budget: '3' })
      .where('campaign_id', '=', campaign_id)
      .execute()
    await bumpRules(database.db)
    const settling = createSettling({
      ...{ db: database.db, ruleSets, maxAttempts: 5, metrics: undefined, onDelayed() {}, onEnded() {} },
      patience: createPatience(silent, new AbortController().signal),
    })
    await settling.settle(
      token,
      events.map((event) => matchEvent(event, before)),
    )
    expect(await given()).toEqual([`a:${rule_ids[1]}:1`, `a:${other.rule_ids[0]}:1`])
  })

  it('takes over what a processor has claimed that is gone', async () => {
    await addCampaign(database.db)
    await register([{ event_id: 'a' }, { event_id: 'b' }])
    const lost = await claimEvents(database.db, 10, 300)
    expect(lost.events.map(({ event_id }) => event_id)).toEqual(['a', 'b'])
    start({ poll: 50 })
    await untilDone()
    expect(await eventRow('a')).toMatchObject({ status: 'processed', attempts: 2 })
    expect(await given()).toHaveLength(2)
  })

  it('processes events alone that have their last attempt, so that none fails for what another has done', async () => {
    await addCampaign(database.db)
    await register(Array.from({ length: 30 }, (_, i) => ({ event_id: `e${i}` })))
    // Each time, whoever had claimed them has ended.
    for (let i = 0; i < 4; i++) await claimEvents(database.db, 100, 0)
    start({ maxAttempts: 5 })
    await untilDone()
    expect(await countEvents(database.db)).toEqual({ processed: 30 })
    const { rows } = await sql<{ count: number }>`
      SELECT count(*) AS count FROM events GROUP BY processed_at HAVING count(*) > 1`.execute(database.db)
    expect(rows).toEqual([])
  })

  it.each([{ budget: null }, { budget: '100' }])(
    'settles nothing of what was taken over meanwhile: %j',
    async ({ budget }) => {
      const { campaign_id } = await addCampaign(database.db, { budget })
      await register([{ event_id: 'a' }, { event_id: 'b' }])
      const late = await claimEvents(database.db, 10, 0)
      const other = await claimEvents(database.db, 1, 60_000)
      const ended: string[] = []
      const stopping = new AbortController()
      const ruleSets = createRuleSets({ db: database.db, log: silent })
      const settling = createSettling({
        ...{ db: database.db, ruleSets, maxAttempts: 5, metrics: undefined, onDelayed() {} },
        patience: createPatience(silent, stopping.signal),
        onEnded: (those) => ended.push(...those.map(({ ending }) => ending.event_id)),
      })
      const rules = await ruleSets.get(other.version)
      const settle = ({ token, events }: Claim) =>
        settling.settle(
          token,
          events.map((event) => matchEvent(event, rules)),
        )
      // One of the two is under another claim now, of which the first does not know.
      const taken = other.events[0]?.event_id as string
      await settle(late)
      expect(ended).toEqual([taken === 'a' ? 'b' : 'a'])
      await settle(other)
      await settle(late)
      await settle(other)
      await giveBack(database.db, late.token, ['a', 'b'])
      expect(ended.sort()).toEqual(['a', 'b'])
      expect(await given()).toHaveLength(2)
      expect(await sums()).toEqual([[2, 2]])
      expect(await countEvents(database.db)).toEqual({ processed: 2 })
      expect(campaign_id).toBe(1)
    },
  )

  it('gives a budget back what is reversed, once', async () => {
    const { rule_ids } = await addCampaign(database.db, {
      ...{ budget: '2', budget_per_user: '1' },
      rules: [{ reward: { type: 'fixed', amount: '1' } }],
    })
    await process(['a', 'b', 'c'].map((event_id) => ({ event_id, user_id: event_id })))
    expect(await given()).toHaveLength(2)
    const reversals = await Promise.allSettled(
      Array.from({ length: 5 }, () => reverseEarning(database.db, 1, 'returned')),
    )
    const [done] = reversals.flatMap((each) => (each.status === 'fulfilled' ? [each.value] : []))
    expect(done).toMatchObject({
      kind: 'reversal',
      reverses: 1,
      amount: '-1',
      event_id: 'a',
      reason: 'returned',
    })
    const why = reversals.flatMap((each) => (each.status === 'rejected' ? [each.reason.code] : []))
    expect(why).toEqual(Array(4).fill('EARNING_REVERSED'))
    await expect(reverseEarning(database.db, done?.earning_id as number, null)).rejects.toMatchObject({
      code: 'EARNING_REVERSED',
    })
    await expect(reverseEarning(database.db, 77, null)).rejects.toMatchObject({ code: 'EARNING_NOT_FOUND' })
    expect(await sums()).toEqual([[1, 1]])
    await process([
      { event_id: 'b2', user_id: 'b' },
      { event_id: 'a2', user_id: 'a' },
      { event_id: 'd', user_id: 'd' },
    ])
    expect((await given()).slice(3)).toEqual([`a2:${rule_ids[0]}:1`])
    expect(await sums()).toEqual([[2, 2]])
  })

  it('gives up an event that has never come to an end', async () => {
    await addCampaign(database.db)
    await register([{ event_id: 'a' }])
    for (let i = 0; i < 3; i++) {
      const { events } = await claimEvents(database.db, 10, 0)
      expect(events[0]?.attempts).toBe(i + 1)
    }
    start({ maxAttempts: 3 })
    await untilDone()
    expect(await eventRow('a')).toMatchObject({
      ...{ status: 'failed', reason: 'error', detail: expect.stringContaining('given up after 3 attempts') },
      matched_rule_id: null,
    })
    expect(await given()).toEqual([])
  })

  it('sets an event apart that the database refuses, and ends all others of its batch', async () => {
    await addCampaign(database.db)
    await sql
      .raw(`CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
        IF NEW.event_id = 'e13' THEN RAISE EXCEPTION 'no luck'; END IF; RETURN NEW; END $$`)
      .execute(database.db)
    await sql
      .raw('CREATE TRIGGER refuse BEFORE INSERT ON earnings FOR EACH ROW EXECUTE FUNCTION refuse()')
      .execute(database.db)
    await register(Array.from({ length: 50 }, (_, i) => ({ event_id: `e${i}` })))
    start({ maxAttempts: 2 })
    await untilDone()
    expect(await countEvents(database.db)).toEqual({ processed: 49, failed: 1 })
    expect(await eventRow('e13')).toMatchObject({
      ...{ status: 'failed', reason: 'error', detail: 'no luck', attempts: 2 },
      processed_at: expect.any(String),
    })
    expect(await sums()).toEqual([[49, 49]])
  })

  it.each([
    ["RAISE EXCEPTION 'not now' USING ERRCODE = 'insufficient_privilege'", 'not now'],
    ["RAISE EXCEPTION 'not now' USING ERRCODE = 'query_canceled'", 'not now'],
    ["RAISE EXCEPTION 'not now' USING ERRCODE = 'deadlock_detected'", 'not now'],
  ])('fails no event for what is no fault of it: %s', async (refusal, reason) => {
    await addCampaign(database.db)
    await sql
      .raw(`CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN ${refusal}; END $$`)
      .execute(database.db)
    await sql
      .raw('CREATE TRIGGER refuse BEFORE INSERT ON earnings FOR EACH ROW EXECUTE FUNCTION refuse()')
      .execute(database.db)
    await register(Array.from({ length: 20 }, (_, i) => ({ event_id: `e${i}` })))
    const { log, lines } = readableLog()
    start({ maxAttempts: 1, log, poll: 50 })
    const givenUp = () => lines.filter(({ msg }) => msg === 'a batch of events was given up')
    await expect.poll(() => givenUp().length, PATIENCE).toBeGreaterThan(2)
    expect(givenUp()[0]).toMatchObject({ reason })
    await sql`DROP TRIGGER refuse ON earnings`.execute(database.db)
    await untilDone()
    expect(await countEvents(database.db)).toEqual({ processed: 20 })
    expect(await sums()).toEqual([[20, 20]])
  })

  it('claims the first of very many without sorting them, also when the database has never counted them', async () => {
    await sql`ALTER TABLE events SET (autovacuum_enabled = false)`.execute(database.db)
    // What is sorted would not fit into memory, and go to a file.
    const files = async (db: typeof database.db) => {
      await sql`SELECT pg_stat_force_next_flush()`.execute(db)
      const { rows } = await sql<{ files: number }>`
        SELECT temp_files AS files FROM pg_stat_database WHERE datname = current_database()`.execute(db)
      return rows[0]?.files
    }
    await database.db.connection().execute(async (db) => {
      // On the same connection: each tells of its files when it likes, unless it is asked to.
      await sql`INSERT INTO events (event_id, occurred_at, due_at, data, content_hash)
        SELECT 'e' || n, now(), now() - n * interval '1 ms', '{}', '' FROM generate_series(1, 200000) n`.execute(
        db,
      )
      const before = await files(db)
      const claim = await claimEvents(db, 100, 60_000, true)
      expect(claim.events).toHaveLength(100)
      expect(Math.min(...claim.events.map(({ event_id }) => Number(event_id.slice(1))))).toBe(199_901)
      expect(await files(db)).toBe(before)
    })
  })

  it('gives back what it has claimed when it is stopped, and leaves nothing behind', async () => {
    await addCampaign(database.db)
    for (let from = 0; from < 3_000; from += 1_000)
      await register(Array.from({ length: 1_000 }, (_, i) => ({ event_id: `e${from + i}` })))
    const processing = start({ batch: 50 })
    await expect.poll(async () => (await given()).length, PATIENCE).toBeGreaterThan(100)
    await processing.stop(10_000)
    const { rows } = await sql<{ count: number }>`
      SELECT count(*) AS count FROM events WHERE status = 'pending' AND (claim IS NOT NULL OR attempts > 0)`.execute(
      database.db,
    )
    expect(rows[0]?.count).toBe(0)
    start()
    await untilDone()
    expect(await given()).toHaveLength(3_000)
  })
})

describe('waking', () => {
  it('is at once in the process that has registered', async () => {
    await addCampaign(database.db)
    const processing = start()
    const registration = createEventRegistration({ db: database.db, onRegistered: processing.wake })
    for (let i = 0; i < 5; i++) {
      const { event_id } = await registration.register({ data: {} } as NewEvent)
      const never = new AbortController().signal
      if ((await eventRow(event_id)).status === 'pending')
        await processing.untilEnded(event_id, 30_000, never)
      expect((await eventRow(event_id)).status).toBe('processed')
    }
  })

  it('reaches another process', async () => {
    await addCampaign(database.db)
    start()
    const other = closer.add(openProcessing(database, { processors: 0 }), (opened) => opened.stop(0))
    other.start()
    for (let i = 0; i < 5; i++) {
      await register([{ event_id: `e${i}` }], other.wake)
      await expect.poll(async () => (await eventRow(`e${i}`)).status, PATIENCE).toBe('processed')
    }
  })

  it('goes on after the connection that listens was lost', async () => {
    await addCampaign(database.db)
    start()
    const other = closer.add(openProcessing(database, { processors: 0 }), (opened) => opened.stop(0))
    const listening = async () => {
      const { rows } = await sql<{ pid: number }>`
        SELECT pid FROM pg_stat_activity WHERE query LIKE 'LISTEN%' AND datname = current_database()`.execute(
        database.db,
      )
      return rows.map(({ pid }) => pid)
    }
    await expect.poll(async () => (await listening()).length, PATIENCE).toBe(1)
    const [pid] = await listening()
    await sql`SELECT pg_terminate_backend(${pid}::integer)`.execute(database.db)
    await expect.poll(async () => (await listening()).filter((now) => now !== pid).length, PATIENCE).toBe(1)
    await register([{ event_id: 'a' }], other.wake)
    await expect.poll(async () => (await eventRow('a')).status, PATIENCE).toBe('processed')
  })
})
