import { describe, expect, it } from 'vitest'
import { MAX_DATA } from '../../../src/runtime/bus/envelope.ts'
import { responseKey } from '../../../src/runtime/bus/index.ts'
import { FatalError } from '../../../src/runtime/kernel/index.ts'
import type { RawEntry } from '../../../src/runtime/platform/streams/index.ts'
import {
  createBusScene,
  entriesOf,
  foreign,
  gate,
  handledOf,
  metric,
  notes,
  settled,
  TYPE,
  xadd,
} from '../../support/bus.ts'
import { eventually } from '../../support/program.ts'

const scene = createBusScene()

describe('a request', () => {
  it('is answered with what the handler returns, which gets the data without the envelope', async () => {
    const handled = notes<unknown>()
    const bus = await scene.consumer((data, { event }) => {
      handled.add(event.data)
      const { a, b } = data as { a: number; b: number }
      return { sum: a + b }
    })
    const reply = await bus.request<{ sum: number }>(TYPE, { a: 1, b: 2 })
    expect(reply).toEqual({ status: 'success', result: { sum: 3 } })
    expect(handled.all).toEqual([{ a: 1, b: 2 }])
  })

  it('that is repeated under its event id gets the same reply, and is not handled again', async () => {
    const handled = notes<number>()
    const bus = await scene.consumer(() => {
      handled.add(1)
      return handled.all.length
    })
    const first = await bus.request(TYPE, {}, { eventId: 'r1' })
    expect(await bus.request(TYPE, {}, { eventId: 'r1' })).toEqual(first)
    expect(handled.all).toEqual([1])
    const ttl = await scene.redis.pttl(responseKey('r1'))
    expect(ttl).toBeGreaterThan(0)
    expect(ttl).toBeLessThanOrEqual(60_000)
  })

  it('has its stream of replies and its deadline in its data, as programs without this bus expect', async () => {
    const bus = scene.bus()
    const before = Date.now()
    const timeout = 60_000 // until the bus is closed
    bus.request(TYPE, { n: 1 }, { timeout, correlationId: 'r1' }).catch(() => {})
    await eventually(async () => (await entriesOf(scene.redis)).length === 1)
    const [entry] = await entriesOf(scene.redis)
    const data = JSON.parse(entry?.fields.data ?? '')
    expect(data).toMatchObject({ n: 1, response_stream: 'agent:stream:response:r1' })
    expect(entry?.fields.event_id).toBe('r1')
    expect(data.response_deadline).toBeGreaterThanOrEqual(before + timeout)
    expect(data.response_deadline).toBeLessThanOrEqual(Date.now() + timeout)
  })

  it('may be one of many at once', async () => {
    const bus = await scene.consumer((data) => (data as { n: number }).n * 2)
    const replies = await Promise.all(Array.from({ length: 50 }, (_, n) => bus.request<number>(TYPE, { n })))
    expect(replies.map(({ result }) => result)).toEqual(Array.from({ length: 50 }, (_, n) => n * 2))
  })

  it('fails with EVENT_REQUEST_TIMEOUT when nobody replies', async () => {
    await expect(scene.bus().request(TYPE, {}, { timeout: 2_000 })).rejects.toMatchObject({
      code: 'EVENT_REQUEST_TIMEOUT',
      message: expect.stringContaining(TYPE),
    })
  })

  it('fails with EVENT_REQUEST_FAILED and the reason when its handler gives up', async () => {
    const bus = await scene.consumer(() => {
      throw new FatalError('no such account')
    })
    await expect(bus.request(TYPE, {})).rejects.toMatchObject({
      code: 'EVENT_REQUEST_FAILED',
      message: expect.stringContaining('no such account'),
    })
  })

  it('is answered by a later delivery when the first fails', async () => {
    const bus = await scene.consumer((_, { delivery }) => {
      if (delivery < 3) throw new Error('not yet')
      return delivery
    })
    expect(await bus.request(TYPE, {})).toMatchObject({ result: 3 })
  })

  it('fails when the last delivery does', async () => {
    const bus = await scene.consumer(
      () => {
        throw new Error('never')
      },
      { maxDeliveries: 2 },
    )
    await expect(bus.request(TYPE, {})).rejects.toMatchObject({ code: 'EVENT_REQUEST_FAILED' })
  })

  it('has an object as data', async () => {
    for (const data of [null, [], 'text'])
      await expect(scene.bus().request(TYPE, data as never)).rejects.toMatchObject({
        code: 'EVENT_DATA_INVALID',
        field: 'data',
      })
  })

  it('is told at once when its reply can never be written: the work is not done again and again', async () => {
    const calls = notes<number>()
    const bus = await scene.consumer((_, { delivery }) => {
      calls.add(delivery)
      return 'x'.repeat(MAX_DATA)
    })
    await expect(bus.request(TYPE, {})).rejects.toMatchObject({ code: 'EVENT_REQUEST_FAILED' })
    expect(calls.all).toEqual([1])
  })

  it('ends when its bus is closed', async () => {
    const bus = scene.bus()
    const asking = bus.request(TYPE, {}, { timeout: 50_000 })
    const ended = asking.catch((error) => error.code)
    await bus.publish('test.other', 1) // the request is out as well
    const from = performance.now()
    await bus.close()
    expect(await ended).not.toBe('EVENT_REQUEST_TIMEOUT')
    expect(performance.now() - from).toBeLessThan(20_000)
  })
})

describe('a request whose time is up', () => {
  it('is not handled any more, and counted', async () => {
    const bus = scene.bus()
    // It has to be published in this time, also where a connection is made first.
    await bus.request(TYPE, {}, { timeout: 2_000, eventId: 'r1' }).catch(() => {})
    const handled = notes<unknown>()
    bus.subscribe(TYPE, (data) => handled.add(data))
    await bus.start()
    await bus.publish(TYPE, 'plain')
    expect(await handled.until(1)).toEqual(['plain'])
    await settled(scene.redis)
    await expect
      .poll(() => metric(bus, 'events_processed_total', { event_type: TYPE, status: 'expired' }))
      .toBe(1)
    expect(await handledOf(scene.redis)).not.toContain('r1')
  })

  it('while it is handled: the late reply is counted, and expires', async () => {
    const [started, go] = [notes<number>(), gate()]
    const bus = await scene.consumer(async () => {
      started.add(1)
      await go.opened
    })
    // Handled only when it begins in this time.
    const asking = bus.request(TYPE, {}, { timeout: 4_000, eventId: 'r1' })
    const late = expect(asking).rejects.toMatchObject({ code: 'EVENT_REQUEST_TIMEOUT' })
    await started.until(1)
    await late
    go.open()
    await settled(scene.redis)
    await expect.poll(() => metric(bus, 'events_late_replies_total')).toBe(1)
    expect(await scene.redis.pttl(responseKey('r1'))).toBeGreaterThan(0)
  })
})

describe('programs that know only the wire format', () => {
  it('reply with a plain XADD, without announcing it', async () => {
    const bus = scene.bus()
    const asking = bus.request(TYPE, { doc_id: '456' }, { eventId: 'r1', timeout: 10_000 })
    const blocking = scene.server.connect()
    const [[, [[, fields]]]] = (await blocking.xread('BLOCK', 0, 'STREAMS', `agent:stream:${TYPE}`, '0')) as [
      [string, [[string, string[]]]],
    ]
    const data = JSON.parse(fields[fields.indexOf('data') + 1] ?? '')
    const answer = { status: 'success', result: 'done', extra: [1] }
    await xadd(scene.redis, foreign(answer), data.response_stream)
    expect(await asking).toEqual(answer)
  })

  it('may reply with an error, or with no JSON at all', async () => {
    const bus = scene.bus()
    const failure = (eventId: string) =>
      bus.request(TYPE, {}, { eventId, timeout: 10_000 }).catch((error) => `${error.code} ${error.message}`)
    const failing = failure('r1')
    await xadd(scene.redis, foreign({ status: 'error', reason: 'busy' }), responseKey('r1'))
    expect(await failing).toMatch(/EVENT_REQUEST_FAILED.*busy/)
    const garbled = failure('r2')
    await xadd(scene.redis, foreign(0, { data: '{' }), responseKey('r2'))
    expect(await garbled).toMatch(/EVENT_REQUEST_FAILED.*no JSON/)
  })

  it('ask with XADD and wait with XREAD for the reply', async () => {
    await scene.consumer((data) => ({ got: data }))
    const stream = responseKey('foreign-request')
    const data = { doc_id: '456', response_stream: stream }
    const blocking = scene.server.connect()
    const reading = blocking.xread('COUNT', 1, 'BLOCK', 20_000, 'STREAMS', stream, '0')
    await xadd(scene.redis, foreign(data, { event_id: 'foreign-request' }))
    const [[, [raw]]] = (await reading) as unknown as [[string, [RawEntry]]]
    const reply = JSON.parse(raw[1][raw[1].indexOf('data') + 1] ?? '')
    expect(reply).toEqual({ status: 'success', result: { got: { doc_id: '456' } } })
    expect(raw[1]).toEqual(expect.arrayContaining(['event_id', 'event_type', 'timestamp', 'correlation_id']))
  })

  it('cannot have a reply written to a key of their choice', async () => {
    const handled = notes<unknown>()
    await scene.consumer((data) => handled.add(data))
    await xadd(scene.redis, foreign({ response_stream: 'agent:stream:task.created' }))
    expect(await handled.until(1)).toEqual([{ response_stream: 'agent:stream:task.created' }])
    await settled(scene.redis)
    expect(await scene.redis.exists('agent:stream:task.created')).toBe(0)
  })
})
