import { setTimeout as pause } from 'node:timers/promises'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { createEventBus } from '../../src/runtime/bus/index.ts'
import { connectRedis, disconnectRedis, type RedisClient } from '../../src/runtime/platform/redis/index.ts'
import { type Consumer, createArenas, GROUP, LEASE, LONG_LEASE, STREAM, TYPE } from '../support/bus-faults.ts'
import { startLossyProxy } from '../support/faults.ts'
import { eventually } from '../support/program.ts'
import { silent, startTestRedis, type TestRedis } from '../support/redis.ts'

const arenas = createArenas()
let server: TestRedis
let redis: RedisClient

beforeAll(async () => {
  server = await startTestRedis()
  redis = server.connect()
})
beforeEach(async () => {
  await redis.flushall()
})
afterAll(() => server.close())

const CLEAN = { lost: [], unexpected: [], refused: 0, deadLetters: 0 }

describe('the event bus, crash after XADD and before its reply', () => {
  it('the producer resends, and the stream has each event once', async () => {
    const arena = arenas.open('lost publish reply')
    const { chance, why } = arena
    const proxy = arena.own(await startLossyProxy(server.url), (opened) => opened.close())
    await arena.consumer({ url: server.url, lease: LONG_LEASE })
    const producer = await arena.producer({ url: proxy.url })
    for (let cut = 0; cut < 10; cut++) {
      await arena.moreAcks(chance.between(20, 100))
      await proxy.loseReplyTo(/evalsha/i)
    }
    await arena.moreAcks(50)
    await producer.stop()
    await arena.drain(redis)
    const verdict = await arena.judge(redis)
    expect(verdict, why).toMatchObject({ ...CLEAN, duplicates: 0 })
    const { attempted, acked } = arena.books()
    expect(acked.size, why).toBe(attempted.size)
    expect(await redis.xlen(STREAM), why).toBe(attempted.size)
    expect([...acked.values()].filter(({ repeat }) => repeat).length, why).toBeGreaterThanOrEqual(5)
  })
})

describe('the event bus, lost replies to a consumer', () => {
  it.each([
    ['reads', /xreadgroup/i],
    ['settlements, renewals and sweeps', /evalsha/i],
  ])('of %s lose nothing and repeat nothing', async (what, command) => {
    const arena = arenas.open(`lost replies of ${what}`)
    const { chance, why } = arena
    const proxy = arena.own(await startLossyProxy(server.url), (opened) => opened.close())
    await arena.consumer({ url: proxy.url, lease: LONG_LEASE })
    const producer = await arena.producer({ url: server.url })
    for (let cut = 0; cut < 6; cut++) {
      await arena.moreAcks(chance.between(20, 100))
      await proxy.loseReplyTo(command)
    }
    await producer.stop()
    await arena.drain(redis)
    expect(await arena.judge(redis), why).toMatchObject({ ...CLEAN, duplicates: 0 })
  })
})

describe('the event bus, crash after delivery', () => {
  const CRASHES = 4

  it('before anything was done with it: a sweep redelivers, once', async () => {
    const arena = arenas.open('crash after delivery')
    const { chance, why } = arena
    await arena.consumer({ url: server.url, lease: LONG_LEASE })
    const producer = await arena.producer({ url: server.url })
    const ghosted = new Set<string>()
    for (let ghost = 0; ghost < 4; ghost++) {
      await arena.moreAcks(chance.between(10, 60))
      const count = chance.between(5, 25)
      const read = ['GROUP', GROUP, `ghost-${ghost}`, 'COUNT', count, 'STREAMS', STREAM, '>'] as const
      await eventually(async () => {
        const reply = (await redis.xreadgroup(...read)) as [string, [string, string[]][]][] | null
        for (const [, fields] of reply?.[0]?.[1] ?? []) ghosted.add(fields[1] as string)
        return reply !== null
      })
    }
    await producer.stop()
    await arena.drain(redis)
    expect(await arena.judge(redis), why).toMatchObject({ ...CLEAN, duplicates: 0 })
    const redelivered = arena.books().handled.filter(({ delivery }) => delivery > 1)
    expect(new Set(redelivered.map(({ id }) => id)), why).toEqual(ghosted)
  })

  it('before the handler: redelivered to a living consumer, nothing is lost', async () => {
    const arena = arenas.open('crash before the handler')
    const { chance, why } = arena
    const patient = { url: server.url, lease: LONG_LEASE }
    const producer = await arena.producer({ url: server.url, pause: 12 })
    await arena.consumer(patient)
    for (let crash = 0; crash < CRASHES; crash++) {
      const suicide = { event: chance.between(3, 25), when: 'before' } as const
      await (await arena.consumer({ ...patient, concurrency: 1, suicide })).exited
    }
    await producer.stop()
    await arena.drain(redis)
    const verdict = await arena.judge(redis)
    expect(verdict, why).toMatchObject(CLEAN)
    // At most what was handled before it, and was on its way to be acknowledged, is handled again.
    expect(verdict.duplicates, why).toBeLessThanOrEqual(CRASHES)
    const redelivered = arena.books().handled.filter(({ delivery }) => delivery > 1).length
    expect(redelivered, why).toBeGreaterThanOrEqual(CRASHES)
  })

  it('after the handler and before settling: redelivered, so handled twice, and little more is', async () => {
    const arena = arenas.open('crash before settling')
    const { chance, why } = arena
    const patient = { url: server.url, lease: LONG_LEASE }
    const producer = await arena.producer({ url: server.url, pause: 12 })
    await arena.consumer(patient)
    for (let crash = 0; crash < CRASHES; crash++) {
      const suicide = { event: chance.between(3, 25), when: 'after' } as const
      await (await arena.consumer({ ...patient, concurrency: 1, suicide })).exited
    }
    await producer.stop()
    await arena.drain(redis)
    const verdict = await arena.judge(redis)
    expect(verdict, why).toMatchObject(CLEAN)
    // What was handled last, and at most what was handled before it and was on its way to be acknowledged.
    expect(verdict.duplicates, why).toBeGreaterThanOrEqual(CRASHES)
    expect(verdict.duplicates, why).toBeLessThanOrEqual(2 * CRASHES)
  })
})

describe('the event bus, an old owner that wakes late', () => {
  it.each([
    ['while its successor works', 3_000],
    ['when its successor has settled', 100],
  ])('%s: its settling is fenced, nothing is lost', async (when, work) => {
    const arena = arenas.open(`late owner ${when}`)
    const { chance, why } = arena
    const old = await arena.consumer({ url: server.url, work: 400 })
    const producer = await arena.producer({ url: server.url, inFlight: 1, pause: 20 })
    await arena.moreAcks(chance.between(10, 30))
    const openAtOld = () => {
      const { begun, handled } = arena.books()
      const done = new Set(handled.filter(({ consumer }) => consumer === old.name).map(({ id }) => id))
      return begun.filter(({ consumer, id }) => consumer === old.name && !done.has(id)).map(({ id }) => id)
    }
    await eventually(() => openAtOld().length > 0)
    old.kill('SIGSTOP')
    await producer.stop()
    const successor = await arena.consumer({ url: server.url, work, concurrency: 50 })
    const held = openAtOld()
    await eventually(
      () => {
        const { begun, handled } = arena.books()
        const taken = (work > LEASE ? begun : handled).filter(({ consumer }) => consumer === successor.name)
        return held.every((id) => taken.some((handling) => handling.id === id))
      },
      20_000,
      () => `${why}: the successor has not taken over ${held}`,
    )
    old.kill('SIGCONT')
    await eventually(() => openAtOld().length === 0)
    await arena.drain(redis)
    const verdict = await arena.judge(redis)
    expect(verdict, why).toMatchObject(CLEAN)
    expect(verdict.duplicates, why).toBeGreaterThanOrEqual(held.length)
    await eventually(
      async () => (await old.metric('events_processed_total', { status: 'fenced' })) === verdict.duplicates,
      20_000,
      () => `${why}: of ${verdict.duplicates} not each was fenced`,
    )
  })
})

describe('the event bus, consumers', () => {
  it('killed with SIGKILL again and again under load: nothing is lost', async () => {
    const arena = arenas.open('consumers killed')
    const { chance, why } = arena
    const start = () => arena.consumer({ url: server.url })
    const consumers: Consumer[] = await Promise.all([start(), start(), start()])
    const producer = await arena.producer({ url: server.url })
    for (let death = 0; death < 7; death++) {
      await arena.moreAcks(chance.between(30, 200))
      const i = chance.between(0, consumers.length - 1)
      consumers[i]?.kill('SIGKILL')
      consumers[i] = await start()
    }
    await producer.stop()
    await arena.drain(redis)
    expect(await arena.judge(redis), why).toMatchObject(CLEAN)
  })

  it('stopped while a sweep is under way: what it has taken over is handled before the stop ends', async () => {
    const arena = arenas.open('stopped during a sweep')
    const { why } = arena
    const proxy = arena.own(await startLossyProxy(server.url), (opened) => opened.close())
    const [slow, subscriber] = [proxy.url, server.url].map((url) =>
      arena.own(connectRedis({ url, purpose: 'request', name: 'test', log: silent }), disconnectRedis),
    ) as [RedisClient, RedisClient]
    const bus = arena.own(
      createEventBus({ redisUrl: server.url, connections: { redis: slow, subscriber } }),
      (opened) => opened.close(),
    )
    let stopped = false
    const handled: { stopped: boolean; ended: boolean }[] = []
    bus.subscribe(TYPE, async () => {
      const handling = { stopped, ended: false }
      handled.push(handling)
      await pause(50)
      handling.ended = true
    })
    await bus.start({ group: GROUP, consumer: 'sweeper', lease: 300 })
    const publisher = arena.own(createEventBus({ redisUrl: server.url }), (opened) => opened.close())
    await publisher.publish(TYPE, { n: 1 })
    await eventually(() => handled.length === 1)
    const ownedBy = async (consumer: string) =>
      ((await redis.xpending(STREAM, GROUP, '-', '+', 10, consumer)) as unknown[]).length
    await eventually(async () => (await ownedBy('sweeper')) === 0)
    // Somebody takes an event and dies; the sweeper takes it over, but does not hear of it yet.
    await redis
      .multi()
      .xadd(STREAM, '*', 'event_id', 'left', 'data', '{}')
      .xreadgroup(...(['GROUP', GROUP, 'ghost', 'COUNT', 1, 'STREAMS', STREAM, '>'] as const))
      .exec()
    proxy.hold()
    await eventually(async () => (await ownedBy('sweeper')) === 1)
    const stopping = bus.stop().then(() => {
      stopped = true
      return handled.every(({ ended }) => ended)
    })
    await pause(500)
    proxy.release()
    expect(await stopping, `${why}: a handler works after the stop`).toBe(true)
    await pause(500)
    expect(
      handled.filter((handling) => handling.stopped),
      `${why}: begun after the stop`,
    ).toEqual([])
  })

  it('restarted in order one after the other under load: nothing is lost, and nothing handled twice', async () => {
    const arena = arenas.open('rolling restart')
    const { chance, why } = arena
    const start = () => arena.consumer({ url: server.url, work: 5, lease: LONG_LEASE })
    const consumers: Consumer[] = await Promise.all([start(), start(), start()])
    const producer = await arena.producer({ url: server.url })
    for (let restart = 0; restart < 6; restart++) {
      await arena.moreAcks(chance.between(30, 120))
      await consumers[restart % 3]?.stop()
      consumers[restart % 3] = await start()
    }
    await producer.stop()
    await arena.drain(redis)
    expect(await arena.judge(redis), why).toMatchObject({ ...CLEAN, duplicates: 0 })
    expect(
      arena.books().handled.every(({ delivery }) => delivery === 1),
      why,
    ).toBe(true)
  })
})
