import { describe, expect, it } from 'vitest'
import { deadLetterKey, groupKeys } from '../../../src/runtime/bus/index.ts'
import { FatalError, RetryableError } from '../../../src/runtime/kernel/index.ts'
import {
  createBusScene,
  entriesOf,
  foreign,
  GROUP,
  handledOf,
  metric,
  notes,
  pendingOf,
  quickest,
  STREAM,
  settled,
  TYPE,
  xadd,
} from '../../support/bus.ts'
import { eventually } from '../../support/program.ts'

const scene = createBusScene()
const LETTERS = deadLetterKey(TYPE, false)

const letters = () => entriesOf(scene.redis, LETTERS)
const processed = (bus: Parameters<typeof metric>[0], status: string) =>
  metric(bus, 'events_processed_total', { event_type: TYPE, status })

describe('a handler that fails', () => {
  it('gets the event again, after pauses that grow', async () => {
    const at = notes<number>()
    const bus = await scene.consumer(
      (_, { delivery }) => {
        at.add(performance.now())
        if (delivery < 4) throw new Error('not yet')
      },
      { backoff: { min: 80, max: 60_000 } },
    )
    await bus.publish(TYPE, 1)
    const times = await at.until(4)
    const pauses = times.slice(1).map((time, i) => time - (times[i] as number))
    for (const [i, least] of [60, 120, 240].entries()) {
      expect(pauses[i]).toBeGreaterThanOrEqual(least - 5)
      // Little of its longest pause: how much more it is depends on the machine.
      expect(pauses[i]).toBeLessThan(2 * least + 10_000)
    }
    await settled(scene.redis)
    expect(await processed(bus, 'error')).toBe(3)
    await expect.poll(() => processed(bus, 'success')).toBe(1)
    await expect.poll(() => metric(bus, 'events_redelivered_total')).toBe(3)
  })

  it('gets the same event, with the number of the delivery', async () => {
    const seen = notes<unknown>()
    const bus = await scene.consumer((data, { event, delivery }) => {
      seen.add([data, event.entryId, delivery])
      if (delivery < 3) throw 'no error object'
    })
    const { entryId } = await bus.send(TYPE, 'x')
    expect(await seen.until(3)).toEqual([1, 2, 3].map((delivery) => ['x', entryId, delivery]))
    expect(await entriesOf(scene.redis)).toHaveLength(1)
  })

  it('decides about the pause with RetryableError', async () => {
    const at = notes<number>()
    const bus = await scene.consumer(
      (_, { delivery }) => {
        at.add(performance.now())
        if (delivery === 1) throw new RetryableError('busy', { delay: 150 })
        if (delivery === 2) throw new RetryableError('soon', { delay: 0 })
      },
      { backoff: { min: 60_000, max: 60_000 } },
    )
    await bus.publish(TYPE, 1)
    // Those of the backoff would be much longer than this waits.
    const [first, second] = (await at.until(3)) as [number, number, number]
    expect(second - first).toBeGreaterThanOrEqual(145)
  })

  it('keeps nobody else waiting', async () => {
    const seen = notes<unknown>()
    const bus = await scene.consumer(
      (data) => {
        if (data === 'bad') throw new Error('always')
        seen.add(data)
      },
      { concurrency: 1, backoff: { min: 60_000, max: 60_000 } },
    )
    for (const data of ['bad', 1, 'bad', 2]) await bus.publish(TYPE, data)
    expect(await seen.until(2)).toEqual([1, 2])
    await eventually(async () => (await scene.redis.zcard(groupKeys(STREAM, GROUP).retries)) === 2)
    expect(await pendingOf(scene.redis)).toHaveLength(2)
  })

  it('has its retries done by whoever is there', async () => {
    const seen = notes<string>()
    const first = await scene.consumer(
      () => {
        seen.add('first')
        throw new Error('no')
      },
      { backoff: { min: 200, max: 200 } },
    )
    await first.publish(TYPE, 1)
    await seen.until(1)
    await eventually(async () => (await scene.redis.zcard(groupKeys(STREAM, GROUP).retries)) === 1)
    await first.stop()
    await scene.consumer((_, { delivery }) => seen.add(`second:${delivery}`))
    expect(await seen.until(2)).toEqual(['first', 'second:2'])
    await settled(scene.redis)
  })

  it('that claims a pause no number can be does not lose the event', async () => {
    const seen = notes<number>()
    const bus = await scene.consumer(
      (_, { delivery }) => {
        seen.add(delivery)
        if (delivery === 1) throw new RetryableError('soon', { delay: Number.NaN })
      },
      { start: { lease: 300 } },
    )
    await bus.publish(TYPE, 1)
    expect(await seen.until(2)).toEqual([1, 2])
  })

  it('while another sweep is under way is retried in time', async () => {
    const at = notes<number>()
    const bus = await scene.consumer(
      (_, { delivery }) => {
        at.add(performance.now())
        if (delivery < 40) throw new RetryableError('soon', { delay: 1 })
      },
      { maxDeliveries: 100 },
    )
    const longestPause = async () => {
      const from = at.all.length
      await bus.publish(TYPE, 1)
      const times = (await at.until(from + 40)).slice(from)
      return Math.max(...times.slice(1).map((time, i) => time - (times[i] as number)))
    }
    expect(await quickest(3, longestPause)).toBeLessThan(900) // the next sweep would come after 1 s
  })
})

describe('an event whose last delivery fails', () => {
  it('goes to the dead letters with its fields, its origin and the reason', async () => {
    const bus = await scene.consumer(
      () => {
        throw new Error('broken')
      },
      { maxDeliveries: 2, start: { consumer: 'c1' } },
    )
    const { entryId, eventId } = await bus.send(TYPE, { n: 1 }, { version: '4' })
    await eventually(async () => (await letters()).length === 1)
    expect((await letters())[0]?.fields).toEqual({
      event_id: eventId,
      event_type: TYPE,
      timestamp: expect.any(String),
      data: '{"n":1}',
      version: '4',
      'x-stream': STREAM,
      'x-entry': entryId,
      'x-group': GROUP,
      'x-consumer': 'c1',
      'x-deliveries': '2',
      'x-reason': 'max-deliveries',
      'x-error': 'broken',
      'x-time': expect.stringMatching(/^\d{4}-.*Z$/),
    })
    expect(await pendingOf(scene.redis)).toEqual([])
    expect(await handledOf(scene.redis)).toEqual([])
    expect(await entriesOf(scene.redis)).toHaveLength(1)
    await eventually(async () => (await processed(bus, 'dead')) === 1)
    const labels = { event_type: TYPE, reason: 'max-deliveries' }
    await expect.poll(() => metric(bus, 'events_dead_lettered_total', labels)).toBe(1)
  })

  it('goes there at once with FatalError', async () => {
    const seen = notes<unknown>()
    const bus = await scene.consumer((data) => {
      seen.add(data)
      throw new FatalError('hopeless')
    })
    await bus.publish(TYPE, 1)
    await eventually(async () => (await letters()).length === 1)
    expect((await letters())[0]?.fields).toMatchObject({ 'x-reason': 'fatal', 'x-error': 'hopeless' })
    expect(seen.all).toEqual([1])
  })

  it('keeps as much of the error as anybody reads', async () => {
    const bus = await scene.consumer(() => {
      throw new FatalError('x'.repeat(100_000))
    })
    await bus.publish(TYPE, 1)
    await eventually(async () => (await letters()).length === 1)
    expect((await letters())[0]?.fields['x-error']).toHaveLength(2_000)
  })
})

describe('a handler that takes too long', () => {
  it('is told by its signal, and gets the event again', async () => {
    const reasons = notes<unknown>()
    const bus = await scene.consumer(
      async (_, { signal, delivery }) => {
        if (delivery > 1) return reasons.add('again')
        await new Promise<void>((resolve) => {
          signal.addEventListener('abort', () => resolve())
        })
        reasons.add(signal.reason.message)
      },
      { timeout: 50 },
    )
    await bus.publish(TYPE, 1)
    expect(await reasons.until(2)).toEqual(['the handler took longer than 50 ms', 'again'])
    await settled(scene.redis)
    expect(await processed(bus, 'error')).toBe(1)
  })

  it('goes to the dead letters in the end', async () => {
    const bus = await scene.consumer(() => new Promise(() => {}), { timeout: 20, maxDeliveries: 2 })
    await bus.publish(TYPE, 1)
    await eventually(async () => (await letters()).length === 1)
    expect((await letters())[0]?.fields).toMatchObject({ 'x-error': 'the handler took longer than 20 ms' })
  })
})

describe('entries that are no events', () => {
  it('go to the dead letters at once, with whatever they were, and stop nothing', async () => {
    const seen = notes<unknown>()
    const bus = scene.bus()
    await xadd(scene.redis, ['hello', 'world'])
    await xadd(scene.redis, foreign(0, { data: '{broken' }))
    await bus.publish(TYPE, 'good')
    bus.subscribe(TYPE, (data) => seen.add(data))
    await bus.start()
    expect(await seen.until(1)).toEqual(['good'])
    await settled(scene.redis)
    const [first, second] = await letters()
    expect(first?.fields).toMatchObject({ hello: 'world', 'x-reason': 'undecodable', 'x-deliveries': '1' })
    expect(second?.fields).toMatchObject({ data: '{broken', 'x-error': expect.stringContaining('no JSON') })
  })

  it('may have any number of fields', async () => {
    await scene.consumer(() => {})
    const words = Array.from({ length: 10_000 }, (_, i) => [`f${i}`, 'v']).flat()
    await xadd(scene.redis, words)
    await eventually(async () => (await letters()).length === 1)
    await settled(scene.redis)
  })

  it('go there when their data violates the schema, naming the field', async () => {
    const seen = notes<unknown>()
    const bus = scene.bus()
    bus.schemas.register(TYPE, '1', { required: ['n'] })
    bus.subscribe(TYPE, (data) => seen.add(data))
    await bus.start()
    await xadd(scene.redis, foreign({ m: 1 }))
    await xadd(scene.redis, foreign({ n: 1 }))
    expect(await seen.until(1)).toEqual([{ n: 1 }])
    await settled(scene.redis)
    const [letter, ...others] = await letters()
    expect(others).toEqual([])
    expect(letter?.fields).toMatchObject({ 'x-reason': 'schema', 'x-error': expect.stringContaining("'n'") })
  })

  it('go there also when nobody can handle them because every consumer crashed with them', async () => {
    await scene.redis.xgroup('CREATE', STREAM, GROUP, '0', 'MKSTREAM')
    const id = await xadd(scene.redis, foreign(1))
    await scene.redis.xreadgroup('GROUP', GROUP, 'ghost', 'STREAMS', STREAM, '>')
    for (const _ of [2, 3, 4, 5]) await scene.redis.call('XCLAIM', STREAM, GROUP, 'ghost', 0, id)
    const seen = notes<unknown>()
    await scene.consumer((data) => seen.add(data), { start: { lease: 200 } })
    await eventually(async () => (await letters()).length === 1)
    expect((await letters())[0]?.fields).toMatchObject({ 'x-reason': 'max-deliveries', 'x-deliveries': '6' })
    expect(seen.all).toEqual([])
  })
})
