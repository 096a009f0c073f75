import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { createEventReader } from '../../../src/runtime/campaigns/events/read.ts'
import { createEventRegistration } from '../../../src/runtime/campaigns/events/registration.ts'
import { waitForEvent } from '../../../src/runtime/campaigns/events/wait.ts'
import type { NewEvent } from '../../../src/runtime/campaigns/index.ts'
import { createWatch } from '../../../src/runtime/campaigns/processing/watch.ts'
import { createCloser } from '../../../src/runtime/kernel/index.ts'
import { sql } from '../../../src/runtime/platform/sql/index.ts'
import {
  type CampaignDatabase,
  countEvents,
  openCampaignDatabase,
} from '../../support/campaign-processing.ts'
import { createTestDatabase } from '../../support/postgres.ts'

const closer = createCloser()
let database: CampaignDatabase
let woken = 0
beforeAll(async () => {
  const { url } = closer.add(await createTestDatabase(), (created) => created.drop())
  database = closer.add(await openCampaignDatabase(url), (opened) => opened.close())
})
beforeEach(async () => {
  await sql`DELETE FROM events`.execute(database.db)
  woken = 0
})
afterAll(() => closer.close())

const open = () =>
  createEventRegistration({
    db: database.db,
    onRegistered() {
      woken++
    },
  })
const event = (given: Partial<NewEvent>): NewEvent => ({ data: {}, ...given })

describe('registering an event', () => {
  it('stores it as it was given, to be read at once', async () => {
    const given = {
      ...{ event_id: 'a', user_id: 'u', merchant_id: 'm', amount: '150.00', currency: 'USD' },
      ...{ occurred_at: '2026-03-01T00:00:00.000Z', data: { z: [1, { y: 'ü' }], a: null } },
    }
    expect(await open().register(given)).toEqual({ event_id: 'a', status: 'pending', fresh: true })
    const stored = await createEventReader(database.db).read('a')
    expect(stored).toMatchObject({
      ...given,
      ...{ status: 'pending', matched_rule_id: null, reason: null, detail: null, attempts: 0 },
      ...{ processed_at: null, earnings: [] },
    })
    expect(Object.keys(stored.data)).toEqual(['z', 'a'])
    expect(woken).toBe(1)
  })

  it('makes up what is missing: id and time', async () => {
    const before = Date.now() - 60_000
    const { event_id } = await open().register(event({}))
    const { occurred_at, registered_at } = await createEventReader(database.db).read(event_id)
    expect(event_id).toMatch(/^[\da-f]{8}-/)
    expect(occurred_at).toBe(registered_at)
    expect(Date.parse(occurred_at)).toBeGreaterThan(before)
  })

  it('tells a repeat from another event under the same id', async () => {
    const registration = open()
    await registration.register(event({ event_id: 'a', amount: '10' }))
    expect(await registration.register(event({ event_id: 'a', amount: '10.0' }))).toEqual({
      ...{ event_id: 'a', status: 'pending', fresh: false },
    })
    await sql`UPDATE events SET status = 'skipped'`.execute(database.db)
    expect(await registration.register(event({ event_id: 'a', amount: '10' }))).toMatchObject({
      status: 'skipped',
    })
    await expect(registration.register(event({ event_id: 'a', amount: '11' }))).rejects.toMatchObject({
      ...{ code: 'CAMPAIGN_EVENT_CONFLICT', field: 'event_id', status: 409 },
    })
    expect((await createEventReader(database.db).read('a')).amount).toBe('10')
    expect(woken).toBe(1)
  })

  it('is the same event for all who register it at once, wherever they are', async () => {
    const many = Array.from({ length: 8 }, open)
    const ids = Array.from({ length: 100 }, (_, i) => `e${i}`)
    const results = await Promise.all(
      many.map((registration, i) =>
        Promise.all(
          (i % 2 === 0 ? ids : ids.toReversed()).map((event_id) =>
            registration.register(event({ event_id })),
          ),
        ),
      ),
    )
    expect(results.flat().filter(({ fresh }) => fresh)).toHaveLength(100)
    expect(await countEvents(database.db)).toEqual({ pending: 100 })
  })

  it('shares one statement with all that come meanwhile', async () => {
    const registration = open()
    await Promise.all(
      Array.from({ length: 500 }, (_, i) => registration.register(event({ event_id: `e${i}` }))),
    )
    expect(await countEvents(database.db)).toEqual({ pending: 500 })
    expect(woken).toBeLessThan(10)
  })

  it('is refused with the reason of the database when that finds one, and no other is', async () => {
    await sql`ALTER TABLE events ADD CONSTRAINT picky CHECK (user_id <> 'nobody')`.execute(database.db)
    try {
      const registration = open()
      const all = await Promise.allSettled(
        Array.from({ length: 50 }, (_, i) =>
          registration.register(event({ event_id: `e${i}`, user_id: i % 20 === 7 ? 'nobody' : 'u' })),
        ),
      )
      const refused = all.flatMap((each, i) => (each.status === 'rejected' ? [[i, each.reason.code]] : []))
      expect(refused).toEqual([7, 27, 47].map((i) => [i, 'CAMPAIGN_EVENT_INVALID']))
      expect(await countEvents(database.db)).toEqual({ pending: 47 })
    } finally {
      await sql`ALTER TABLE events DROP CONSTRAINT picky`.execute(database.db)
    }
  })

  it('says that there is no such event', async () => {
    for (const id of ['missing', 'a\0b', ''])
      await expect(createEventReader(database.db).read(id)).rejects.toMatchObject({
        code: 'CAMPAIGN_EVENT_NOT_FOUND',
      })
  })
})

describe('registering many events', () => {
  it('tells of each what became of it', async () => {
    const registration = open()
    await registration.register(event({ event_id: 'known', amount: '1' }))
    const { results, ...counts } = await registration.registerAll([
      { event_id: 'a' },
      { event_id: 'known', amount: 1 },
      { event_id: 'known', amount: 2 },
      { event_id: 'a' },
      { event_id: 'a', user_id: 'other' },
      { event_id: 'bad', amount: 'much' },
      'nothing',
      { amount: 5 },
      { event_id: 'x', data: { deep: ['a\0'] } },
    ])
    expect(counts).toEqual({ registered: 2, known: 2, failed: 5 })
    expect(
      results.map(({ index, event_id, outcome, error }) => [index, event_id, outcome, error?.field]),
    ).toEqual([
      [0, 'a', 'registered', undefined],
      [1, 'known', 'known', undefined],
      [2, 'known', 'conflict', 'event_id'],
      [3, 'a', 'known', undefined],
      [4, 'a', 'conflict', 'event_id'],
      [5, 'bad', 'invalid', 'amount'],
      [6, null, 'invalid', ''],
      [7, expect.stringMatching(/^[\da-f-]{36}$/), 'registered', undefined],
      [8, 'x', 'invalid', 'data.deep.0'],
    ])
    expect(await countEvents(database.db)).toEqual({ pending: 3 })
  })

  it('takes large ones', async () => {
    const data = { text: 'x'.repeat(60_000) }
    const { registered } = await open().registerAll(
      Array.from({ length: 300 }, (_, i) => ({ event_id: `e${i}`, data })),
    )
    expect(registered).toBe(300)
    expect((await createEventReader(database.db).read('e299')).data).toEqual(data)
  })

  it('fails as a whole when the database does', async () => {
    const closed = await openCampaignDatabase(database.url)
    await closed.close()
    const registration = createEventRegistration({ db: closed.db, onRegistered() {} })
    await expect(registration.registerAll([{ event_id: 'a' }])).rejects.toThrow()
  })
})

describe('waiting for the end of an event', () => {
  const end = (id: string) =>
    sql`UPDATE events SET status = 'skipped' WHERE event_id = ${id}`.execute(database.db)
  const never = new AbortController().signal

  it('is over at once when it has ended here, and soon when elsewhere', async () => {
    await open().registerAll([{ event_id: 'here' }, { event_id: 'there' }])
    const watch = createWatch()
    const waiting = ['here', 'there'].map((id) =>
      waitForEvent(createEventReader(database.db), watch, id, 60_000, never),
    )
    await end('here')
    watch.ended(['here'])
    expect((await waiting[0])?.status).toBe('skipped')
    await end('there')
    expect((await waiting[1])?.status).toBe('skipped')
  })

  it('takes few statements and one connection, however many wait', async () => {
    const ids = Array.from({ length: 800 }, (_, i) => `e${i}`)
    await open().registerAll(ids.map((event_id) => ({ event_id })))
    const statements: string[] = []
    const db = database.db.withPlugin({
      transformQuery({ node }) {
        statements.push(node.kind)
        return node
      },
      transformResult: async ({ result }) => result,
    })
    const watch = createWatch()
    const reader = createEventReader(db)
    const waiting = ids.map((id) => waitForEvent(reader, watch, id, 60_000, never))
    await expect.poll(() => statements.length, { timeout: 20_000 }).toBeGreaterThan(8)
    await sql`UPDATE events SET status = 'skipped'`.execute(database.db)
    watch.ended(ids.slice(0, 400))
    expect((await Promise.all(waiting)).every(({ status }) => status === 'skipped')).toBe(true)
    // On a slow machine there are more looks; each of these waiting alone, there would be thousands of statements.
    expect(statements.length).toBeLessThan(400)
  })

  it('ends with what is known when the time is up, or when nobody wants to know any more', async () => {
    await open().registerAll([{ event_id: 'a' }])
    const watch = createWatch()
    expect((await waitForEvent(createEventReader(database.db), watch, 'a', 1, never)).status).toBe('pending')
    const leaving = new AbortController()
    const waiting = waitForEvent(createEventReader(database.db), watch, 'a', 600_000, leaving.signal)
    leaving.abort()
    expect((await waiting).status).toBe('pending')
    await expect(
      waitForEvent(createEventReader(database.db), watch, 'b', 60_000, never),
    ).rejects.toMatchObject({
      code: 'CAMPAIGN_EVENT_NOT_FOUND',
    })
  })
})
