import type { Redis } from 'ioredis'
import { describe, expect, it } from 'vitest'
import { MAX_DATA } from '../../../src/runtime/bus/envelope.ts'
import { lossesKey, publishedKeys } from '../../../src/runtime/bus/index.ts'
import { createBusScene, entriesOf, metric, numbers, STREAM, TYPE } from '../../support/bus.ts'
import { silent } from '../../support/redis.ts'

const scene = createBusScene()

describe('publishing', () => {
  it('writes the fields of the wire format, which redis-cli shows', async () => {
    const bus = scene.bus()
    const eventId = await bus.publish(TYPE, { n: 1 })
    const [entry] = await entriesOf(scene.redis)
    expect(entry?.fields).toEqual({
      event_id: eventId,
      event_type: TYPE,
      timestamp: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/),
      data: '{"n":1}',
    })
    expect(eventId).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-4/)
  })

  it('adds version and traceparent where they are given', async () => {
    const traceparent = `00-${'a'.repeat(32)}-${'b'.repeat(16)}-01`
    const bus = scene.bus()
    await bus.publish(TYPE, null, { version: '7', traceparent })
    await bus.publish(TYPE, null, { version: '8' })
    await bus.publish(TYPE, null, { traceparent })
    const fields = (await entriesOf(scene.redis)).map((entry) => entry.fields)
    expect(fields.map(({ version, traceparent: trace }) => [version, trace])).toEqual([
      ['7', traceparent],
      ['8', undefined],
      [undefined, traceparent],
    ])
  })

  it('keeps the order in which one program publishes', async () => {
    const bus = scene.bus()
    await Promise.all(numbers(350).map((n) => bus.publish(TYPE, n)))
    const data = (await entriesOf(scene.redis)).map(({ fields }) => Number(fields.data))
    expect(data).toEqual(numbers(350))
  })

  it('sends what is published at the same time in few commands', async () => {
    const bus = scene.bus()
    await bus.publish(TYPE, 'loads the script and the schemas')
    await scene.redis.config('RESETSTAT')
    const receipts = await Promise.all(numbers(250).map((n) => bus.send(TYPE, n)))
    const [, calls] = /cmdstat_evalsha:calls=(\d+)/.exec(await scene.redis.info('commandstats')) ?? []
    expect(Number(calls)).toBeLessThanOrEqual(20)
    const ids = (await entriesOf(scene.redis)).map(({ id }) => id)
    expect(receipts.map(({ entryId }) => entryId)).toEqual(ids.slice(1))
  })

  it('announces each batch on the channel named like the stream', async () => {
    const subscriber = scene.server.connect('subscriber')
    await subscriber.subscribe(STREAM)
    const told = new Promise<string>((resolve) => subscriber.once('message', (_, id) => resolve(id)))
    const { entryId } = await scene.bus().send(TYPE, 1)
    expect(await told).toBe(entryId)
  })

  it('refuses what cannot be an event, and stores nothing', async () => {
    const bus = scene.bus()
    await expect(bus.publish('Task', {})).rejects.toMatchObject({ code: 'EVENT_TYPE_INVALID', field: 'type' })
    await expect(bus.publish(TYPE, {}, { eventId: 'a b' })).rejects.toMatchObject({
      code: 'EVENT_ID_INVALID',
    })
    await expect(bus.publish(TYPE, undefined)).rejects.toMatchObject({ code: 'EVENT_DATA_INVALID' })
    await expect(bus.publish(TYPE, 'x'.repeat(MAX_DATA - 1))).rejects.toMatchObject({
      code: 'EVENT_TOO_LARGE',
      status: 413,
    })
    await expect(bus.publish('task.created', { task_id: 5 })).rejects.toMatchObject({
      code: 'EVENT_DATA_INVALID',
      field: 'data.task_id',
    })
    expect(await scene.redis.keys('*')).toEqual([])
  })
})

describe('publishing the same event id again', () => {
  it('stores the event once and answers where it is', async () => {
    const bus = scene.bus()
    const first = await bus.send(TYPE, 1, { eventId: 'e1' })
    const second = await bus.send(TYPE, 2, { correlationId: 'e1' })
    expect(first).toEqual({ eventId: 'e1', entryId: expect.any(String), duplicate: false })
    expect(second).toEqual({ ...first, duplicate: true })
    expect(await entriesOf(scene.redis)).toHaveLength(1)
    await expect.poll(() => metric(bus, 'events_published_total')).toBe(1)
    await expect.poll(() => metric(bus, 'events_publish_repeats_total')).toBe(1)
  })

  it('stores it once when two programs, and two calls of each, do it at the same time', async () => {
    const [one, two] = [scene.bus(), scene.bus()]
    const receipts = await Promise.all(
      [one, two, one, two].map((bus) => bus.send(TYPE, 'same', { eventId: 'e1' })),
    )
    const [entry, ...others] = await entriesOf(scene.redis)
    expect(others).toEqual([])
    expect(receipts.map(({ entryId }) => entryId)).toEqual(Array(4).fill(entry?.id))
    expect(receipts.filter(({ duplicate }) => !duplicate)).toHaveLength(1)
  })

  it('stores it once when its reply was lost and the command is sent again', async () => {
    const monitor = await (scene.server.connect() as Redis).monitor()
    const sent = new Promise<string[]>((resolve) => {
      monitor.on('monitor', (_: string, words: string[]) => {
        if (words[0] === 'evalsha' && words.includes('twice')) resolve(words)
      })
    })
    const bus = scene.bus()
    await bus.publish(TYPE, 'loads the script')
    const { entryId } = await bus.send(TYPE, 1, { eventId: 'twice' })
    const [command = '', ...words] = await sent
    monitor.disconnect()
    expect(await scene.redis.call(command, ...words)).toEqual([`=${entryId}`])
    expect(await entriesOf(scene.redis)).toHaveLength(2)
  })

  it('is a new event of another type, and after the dedupe window', async () => {
    const bus = scene.bus({ dedupeWindow: 60_000 })
    await bus.send(TYPE, 1, { eventId: 'e1' })
    expect(await bus.send('test.other', 1, { eventId: 'e1' })).toMatchObject({ duplicate: false })
    expect(await bus.send(TYPE, 1, { eventId: 'e1' })).toMatchObject({ duplicate: true })
    const [recent = '', older = ''] = publishedKeys(STREAM)
    expect(await scene.redis.pttl(recent)).toBeGreaterThan(60_000)
    await scene.redis.pexpire(recent, 59_000) // as if time had passed: it becomes the older one
    await bus.send(TYPE, 1, { eventId: 'e2' })
    expect(await bus.send(TYPE, 1, { eventId: 'e1' })).toMatchObject({ duplicate: true })
    expect(await scene.redis.pttl(older)).toBeLessThanOrEqual(59_000)
    await scene.redis.del(recent, older) // as Redis does in the end
    expect(await bus.send(TYPE, 1, { eventId: 'e1' })).toMatchObject({ duplicate: false })
  })
})

describe('a connection of somebody else', () => {
  it('can be used for everything, and is left open', async () => {
    const redis = scene.server.connect('request')
    const subscriber = scene.server.connect('subscriber')
    const bus = scene.bus({ connections: { redis, subscriber }, log: silent })
    await bus.publish(TYPE, 1)
    await bus.close()
    expect(await redis.ping()).toBe('PONG')
    expect(await redis.exists(lossesKey(STREAM))).toBe(0)
    await expect(bus.publish(TYPE, 1)).rejects.toMatchObject({ code: 'BUS_STATE' })
  })
})
