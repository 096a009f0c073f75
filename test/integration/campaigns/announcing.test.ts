import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { createEventBus, type EventBus } from '../../../src/runtime/bus/index.ts'
import { createEventRegistration } from '../../../src/runtime/campaigns/events/registration.ts'
import { reverseEarning } from '../../../src/runtime/campaigns/processing/reverse.ts'
import { createCloser } from '../../../src/runtime/kernel/index.ts'
import { sql } from '../../../src/runtime/platform/sql/index.ts'
import {
  addCampaign,
  type CampaignDatabase,
  countEvents,
  createHeardBus,
  openCampaignDatabase,
  openProcessing,
} from '../../support/campaign-processing.ts'

import { createTestDatabase } from '../../support/postgres.ts'
import { silent, startTestRedis, type TestRedis } from '../../support/redis.ts'
import { readableLog } from '../../support/storage-role.ts'

const PATIENCE = { timeout: 40_000, interval: 50 }
let closer = createCloser()
let database: CampaignDatabase
let redis: TestRedis
beforeAll(async () => {
  redis = await startTestRedis(false)
})
afterAll(() => redis.close())
beforeEach(async () => {
  closer = createCloser()
  const { url } = closer.add(await createTestDatabase(), (created) => created.drop())
  database = closer.add(await openCampaignDatabase(url), (opened) => opened.close())
  await addCampaign(database.db, {
    rules: [{ conditions: { amount: { $gt: 0 } }, reward: { type: 'percent', percent: '10' } }],
  })
})
afterEach(() => closer.close())

function openBus() {
  const connection = redis.connect('request')
  const bus = createEventBus({
    ...{ redisUrl: redis.url, log: silent, connections: { redis: connection, subscriber: connection } },
  })
  return closer.add(bus, (opened) => opened.close())
}

function start(bus: Pick<EventBus, 'send'>, more = {}) {
  const options = { poll: 200, bus, ...more }
  const processing = closer.add(openProcessing(database, options), (opened) => opened.stop(10_000))
  processing.start()
  return processing
}

const register = (events: readonly object[], wake = () => {}) =>
  createEventRegistration({ db: database.db, onRegistered: wake }).registerAll(events)

async function unannounced(): Promise<number> {
  const { rows } = await sql<{ count: number }>`
    SELECT count(*) AS count FROM events WHERE NOT announced`.execute(database.db)
  return Number(rows[0]?.count)
}

/** Milliseconds of a slow bus for each batch: telling of all of them takes much longer than processing them. */
const SLOW = 2_000

describe('announcing', () => {
  it('tells the bus how each event has ended', async () => {
    const bus = openBus()
    await register([{ event_id: 'a/1', user_id: 'u', amount: 50 }, { event_id: 'b' }], start(bus).wake)
    await expect.poll(unannounced, PATIENCE).toBe(0)
    const history = async (type: string) =>
      (await bus.history(type)).events.map(({ eventId, data }) => ({ eventId, data }))
    const earning = { earning_id: 1, campaign_id: 1, rule_id: 1, amount: '5.00', currency: 'USD' }
    expect(await history('earning.created')).toEqual([
      {
        eventId: expect.stringMatching(/^campaigns\.[\da-f]{64}$/),
        data: { ...earning, event_id: 'a/1', user_id: 'u' },
      },
    ])
    expect(await history('event.processed')).toEqual([
      {
        eventId: expect.any(String),
        data: {
          ...{ event_id: 'a/1', user_id: 'u', matched_rule_id: 1, earnings: [earning] },
          processed_at: expect.any(String),
        },
      },
    ])
    expect(await history('event.skipped')).toEqual([
      {
        eventId: expect.stringMatching(/^campaigns\.b\.\w+$/),
        data: {
          ...{ event_id: 'b', user_id: null, reason: 'no_match', detail: null },
          processed_at: expect.any(String),
        },
      },
    ])
  })

  it('makes up for a process that ended between the commit and the announcement', async () => {
    const { bus, heard } = createHeardBus()
    const broken = {
      send: async () => {
        throw new Error('killed')
      },
    }
    const first = openProcessing(database, { bus: broken })
    first.start()
    await register([{ event_id: 'a', amount: 50 }, { event_id: 'b' }], first.wake)
    await expect.poll(async () => (await countEvents(database.db)).pending, PATIENCE).toBeUndefined()
    await first.stop(10_000)
    expect(await unannounced()).toBe(2)
    start(bus)
    await expect.poll(unannounced, PATIENCE).toBe(0)
    expect(heard.map(({ type, data }) => [type, data.event_id]).sort()).toEqual([
      ['earning.created', 'a'],
      ['event.processed', 'a'],
      ['event.skipped', 'b'],
    ])
    expect(heard.find(({ type }) => type === 'earning.created')?.data).toMatchObject({
      amount: '5.00',
      earning_id: 1,
    })
  })

  it('gives what is told twice the same id', async () => {
    const { bus, heard } = createHeardBus()
    const processing = start(bus)
    await register(
      Array.from({ length: 20 }, (_, i) => ({ event_id: `e${i}`, amount: i })),
      processing.wake,
    )
    await expect.poll(unannounced, PATIENCE).toBe(0)
    const first = heard.map(({ type, eventId }) => `${type} ${eventId}`)
    await sql`UPDATE events SET announced = false`.execute(database.db)
    await expect.poll(unannounced, PATIENCE).toBe(0)
    const again = heard.slice(first.length).map(({ type, eventId }) => `${type} ${eventId}`)
    expect(again.sort()).toEqual(first.toSorted())
    expect(new Set(first).size).toBe(39)
  })

  it('waits for Redis, and says so once', async () => {
    const { log, lines } = readableLog()
    const bus = openBus()
    await redis.kill()
    const processing = start(bus, { log })
    for (let i = 0; i < 3; i++) {
      await register([{ event_id: `e${i}`, amount: 10 }], processing.wake)
      await expect.poll(async () => (await countEvents(database.db)).processed, PATIENCE).toBe(i + 1)
    }
    const said = (text: string) => lines.filter(({ msg }) => msg.includes(text)).length
    await expect.poll(() => said('cannot be announced'), PATIENCE).toBe(1)
    expect(await unannounced()).toBe(3)
    await redis.start()
    await expect.poll(unannounced, PATIENCE).toBe(0)
    await expect.poll(() => said('announced again'), PATIENCE).toBe(1)
    expect(said('cannot be announced')).toBe(1)
    // In no order: what was under way when Redis came back tries again on its own.
    const told = (await bus.history('event.processed')).events.slice(-3)
    expect(told.map(({ data }) => (data as { event_id: string }).event_id).sort()).toEqual(['e0', 'e1', 'e2'])
  })

  it('says that it works again only once something was announced, and keeps nobody from reversing meanwhile', async () => {
    const { log, lines } = readableLog()
    const { bus, heard } = createHeardBus()
    let refused = 0
    let held = 0
    const released = Promise.withResolvers<void>()
    const hesitant: typeof bus = {
      async send(...given) {
        if (refused < 5) {
          refused++
          throw new Error('no Redis')
        }
        held++
        await released.promise
        return bus.send(...given)
      },
    }
    const processing = start(hesitant, { log, poll: 50 })
    await register([{ event_id: 'a', amount: 50 }], processing.wake)
    const said = (text: string) => lines.filter(({ msg }) => msg.includes(text)).length
    await expect.poll(() => held, PATIENCE).toBeGreaterThan(0)
    // Nothing was found at first, for what has just ended is left to whoever has ended it.
    expect([said('cannot be announced'), said('announced again')]).toEqual([1, 0])
    expect((await reverseEarning(database.db, 1, 'returned').finally(released.resolve)).amount).toBe('-5.00')
    await expect.poll(unannounced, PATIENCE).toBe(0)
    await expect.poll(() => said('announced again'), PATIENCE).toBe(1)
    // At least once: a pair of which one was refused is told again.
    expect(new Set(heard.map(({ type }) => type))).toEqual(new Set(['earning.created', 'event.processed']))
  })

  it('does not wait for a slow bus for long when it is stopped: the next look finds the rest', async () => {
    const { bus, heard } = createHeardBus()
    const slow: typeof bus = {
      send: async (...given) => {
        await new Promise((resolve) => setTimeout(resolve, SLOW))
        return bus.send(...given)
      },
    }
    const events = Array.from({ length: 10_000 }, (_, i) => ({ event_id: `e${i}` }))
    for (let from = 0; from < events.length; from += 1_000) await register(events.slice(from, from + 1_000))
    const first = start(slow, { poll: 3_600_000 })
    const pending = async () => (await countEvents(database.db)).pending ?? 0
    await expect.poll(pending, PATIENCE).toBe(0)
    await first.stop(10_000)
    expect(heard.length).toBeLessThan(events.length)
    start(bus)
    await expect.poll(unannounced, PATIENCE).toBe(0)
  })

  it('is not held up by what the bus will never take', async () => {
    const bus = openBus()
    bus.schemas.register('event.skipped', '1', { type: 'object', required: ['never'] })
    const processing = start(bus)
    await register([{ event_id: 'x' }, { event_id: 'y', amount: 1 }], processing.wake)
    await expect.poll(unannounced, PATIENCE).toBe(0)
    const { events } = await bus.history('event.processed')
    expect(events.map(({ data }) => (data as { event_id: string }).event_id)).toContain('y')
  })
})
