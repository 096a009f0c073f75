import { describe, expect, it } from 'vitest'
import {
  createBusScene,
  foreign,
  GROUP,
  gate,
  handledOf,
  metric,
  notes,
  numbers,
  pendingOf,
  QUICK,
  quickest,
  STREAM,
  settled,
  TYPE,
  xadd,
} from '../../support/bus.ts'
import { eventually } from '../../support/program.ts'

const scene = createBusScene()

async function callsOf(command: string): Promise<number> {
  const stats = await scene.redis.info('commandstats')
  return Number(new RegExp(`cmdstat_${command}:calls=(\\d+)`).exec(stats)?.[1] ?? 0)
}

describe('consuming', () => {
  it('hands each event to its handler, with what it needs to know', async () => {
    const seen = notes<unknown>()
    const bus = await scene.consumer(
      (data, { event, log, signal, ...context }) => {
        seen.add({ data, event, context, aborted: signal.aborted, logs: typeof log.info })
      },
      { start: { group: 'g', consumer: 'c' } },
    )
    const { eventId, entryId } = await bus.send(TYPE, { n: 1 }, { version: '3' })
    await seen.until(1)
    const event = {
      entryId,
      eventId,
      type: TYPE,
      data: { n: 1 },
      version: '3',
      timestamp: expect.any(String),
    }
    const context = { group: 'g', consumer: 'c', delivery: 1, replay: false }
    expect(seen.all).toEqual([{ data: { n: 1 }, event, context, aborted: false, logs: 'function' }])
    await settled(scene.redis, 'g')
  })

  it('takes what foreign publishers add', async () => {
    const seen = notes<unknown>()
    await scene.consumer((data) => seen.add(data))
    await xadd(scene.redis, foreign({ by: 'python' }))
    expect(await seen.until(1)).toEqual([{ by: 'python' }])
  })

  it('keeps the order of the stream with one handler at a time', async () => {
    const seen = notes<unknown>()
    const publisher = scene.bus()
    await Promise.all(numbers(100).map((n) => publisher.publish(TYPE, n)))
    await scene.consumer((data) => seen.add(data), { concurrency: 1 })
    await Promise.all(numbers(100).map((n) => publisher.publish(TYPE, 100 + n)))
    expect(await seen.until(200)).toEqual(numbers(200))
  })

  it('shares the events of a group, and gives every group all of them', async () => {
    const seen = notes<string>()
    const publisher = scene.bus()
    const handler = (name: string) => (data: unknown) => seen.add(`${name}:${data}`)
    await scene.consumer(handler('a'), { start: { group: 'a' } })
    await scene.consumer(handler('a'), { start: { group: 'a' } })
    await scene.consumer(handler('b'), { start: { group: 'b' } })
    await Promise.all(numbers(40).map((n) => publisher.publish(TYPE, n)))
    await seen.until(80)
    await Promise.all([settled(scene.redis, 'a'), settled(scene.redis, 'b')])
    expect(seen.all.sort()).toEqual(
      ['a', 'b'].flatMap((name) => numbers(40).map((n) => `${name}:${n}`)).sort(),
    )
  })

  it('reads many events with one command', async () => {
    const publisher = scene.bus()
    await Promise.all(numbers(200).map((n) => publisher.publish(TYPE, n)))
    await scene.redis.config('RESETSTAT')
    const seen = notes<unknown>()
    await scene.consumer((data) => seen.add(data), { concurrency: 50 })
    await seen.until(200)
    expect(await callsOf('xreadgroup')).toBeLessThanOrEqual(25)
  })
})

describe('a bus of many types', () => {
  const types = numbers(20).map((n) => `test.many.t${n}`)

  it('needs one blocking connection for all of them', async () => {
    const bus = scene.bus({ name: 'many' })
    const seen = notes<string>()
    for (const type of types) bus.subscribe(type, () => seen.add(type))
    await bus.start()
    for (const type of types) await bus.publish(type, 1)
    expect((await seen.until(20)).sort()).toEqual([...types].sort())
    const clients = String(await scene.redis.call('CLIENT', 'LIST')).split('\n')
    const ours = clients.filter((client) => client.includes(' name=agentctl:many'))
    expect(ours.map((client) => / name=(\S+)/.exec(client)?.[1]).sort()).toEqual([
      'agentctl:many',
      'agentctl:many:read',
    ])
  })

  it('keeps a slow type from holding up a fast one', async () => {
    const bus = scene.bus()
    const [go, slow, fast] = [gate(), notes<unknown>(), notes<unknown>()]
    bus.subscribe(
      'test.slow',
      async (data) => {
        slow.add(data)
        await go.opened
      },
      { concurrency: 1 },
    )
    bus.subscribe('test.fast', (data) => fast.add(data))
    await Promise.all(numbers(10).map((n) => bus.publish('test.slow', n)))
    await bus.start()
    await slow.until(1)
    const from = performance.now()
    for (const n of numbers(20)) {
      await bus.publish('test.fast', n)
      await fast.until(n + 1)
    }
    // Behind reads that wait for 2 s each, it would take 40 s.
    expect(performance.now() - from).toBeLessThan(15_000)
    expect(slow.all).toEqual([0])
    go.open()
    expect(await slow.until(10)).toEqual(numbers(10))
  })

  it('takes a type on that is subscribed after the start, while another read is waiting', async () => {
    const seen = notes<unknown>()
    const bus = await scene.consumer(() => {})
    await eventually(async () => String(await scene.redis.call('CLIENT', 'LIST')).includes('cmd=xreadgroup'))
    const took = await quickest(3, async () => {
      const before = seen.all.length
      bus.subscribe(`test.later${before}`, (data) => seen.add(data))
      const from = performance.now()
      await bus.publish(`test.later${before}`, 1)
      await seen.until(before + 1)
      return performance.now() - from
    })
    expect(took).toBeLessThan(1_500) // a read waits for 2 s
  })

  it('has one handler of a type', async () => {
    const bus = scene.bus()
    bus.subscribe(TYPE, () => {})
    expect(() => bus.subscribe(TYPE, () => {})).toThrow(expect.objectContaining({ code: 'BUS_STATE' }))
    expect(() => bus.subscribe('No', () => {})).toThrow(
      expect.objectContaining({ code: 'EVENT_TYPE_INVALID' }),
    )
    for (const wrong of [{ concurrency: 0 }, { maxDeliveries: 1.5 }])
      expect(() => bus.subscribe('test.other', () => {}, wrong)).toThrow(
        expect.objectContaining({ code: 'BUS_STATE' }),
      )
    await bus.start()
    await expect(bus.start()).rejects.toMatchObject({ code: 'BUS_STATE' })
  })
})

describe('the limit of handlers at once', () => {
  it('is reached and never exceeded, whatever retries and takeovers bring', async () => {
    let [now, most, failures] = [0, 0, 0]
    const seen = notes<number>()
    // Left behind by a consumer that is no more: taken over while new ones arrive.
    await scene.redis.xgroup('CREATE', STREAM, GROUP, '0', 'MKSTREAM')
    for (const n of numbers(20)) await xadd(scene.redis, foreign(n))
    await scene.redis.xreadgroup('GROUP', GROUP, 'ghost', 'COUNT', 20, 'STREAMS', STREAM, '>')
    const bus = await scene.consumer(
      async (data) => {
        most = Math.max(most, ++now)
        await new Promise((resolve) => setTimeout(resolve, 5))
        now--
        if (failures++ % 3 === 0) throw new Error('again')
        seen.add(data as number)
      },
      { concurrency: 4, maxDeliveries: 50, start: { lease: 100 } },
    )
    await Promise.all(numbers(80).map((n) => bus.publish(TYPE, 20 + n)))
    // At least once: an entry whose lease runs out while the machine pauses this process is delivered again.
    const handled = () => [...new Set(seen.all)].sort((a, b) => a - b)
    await eventually(() => handled().length >= 100)
    await settled(scene.redis)
    expect(handled()).toEqual(numbers(100))
    expect(most).toBe(4)
  })

  it('also bounds what is taken from the stream, so that others may have the rest', async () => {
    const [go, seen] = [gate(), notes<unknown>()]
    const publisher = scene.bus()
    await Promise.all(numbers(50).map((n) => publisher.publish(TYPE, n)))
    const handler = async (data: unknown) => {
      seen.add(data)
      await go.opened
    }
    await scene.consumer(handler, { concurrency: 5 })
    await seen.until(5)
    await eventually(async () => (await callsOf('evalsha')) > 0)
    expect(await pendingOf(scene.redis)).toHaveLength(5)
    await scene.consumer(handler, { concurrency: 7 })
    await seen.until(12)
    expect(await pendingOf(scene.redis)).toHaveLength(12)
    go.open()
    await seen.until(50)
  })

  it('does not let Redis be asked without end for a retry that is due while all handlers are busy', async () => {
    const [go, seen] = [gate(), notes<unknown>()]
    const bus = await scene.consumer(
      async (data, { delivery }) => {
        seen.add(data)
        if (data === 'fails' && delivery === 1) throw new Error('again')
        if (data === 'long') await go.opened
      },
      { concurrency: 1, backoff: { min: 100, max: 100 } },
    )
    await Promise.all(['fails', 'long'].map((data) => bus.publish(TYPE, data)))
    await seen.until(2)
    await new Promise((resolve) => setTimeout(resolve, 200)) // the retry is due, and nobody is free
    await scene.redis.config('RESETSTAT')
    await new Promise((resolve) => setTimeout(resolve, 1_000))
    expect((await callsOf('evalsha')) + (await callsOf('eval'))).toBeLessThan(20)
    go.open()
    await seen.until(3)
    await settled(scene.redis)
  })
})

describe('what is published inside a handler', () => {
  it('belongs to the trace of the event that is handled', async () => {
    const seen = notes<string | undefined>()
    const bus = scene.bus()
    bus.subscribe(
      'test.first',
      async () => {
        await bus.publish('test.second', 1)
      },
      QUICK,
    )
    bus.subscribe('test.second', (_, { event }) => seen.add(event.traceparent), QUICK)
    await bus.start()
    const traceparent = `00-${'a'.repeat(32)}-${'b'.repeat(16)}-01`
    await bus.publish('test.first', 1, { traceparent })
    await bus.publish('test.first', 1)
    // Where nothing is recorded, it goes on as it came.
    expect((await seen.until(2)).sort()).toEqual([traceparent, undefined])
  })
})

describe('the result of each delivery', () => {
  it('is counted, and handled events are remembered', async () => {
    const seen = notes<unknown>()
    const bus = await scene.consumer((data) => seen.add(data))
    await bus.publish(TYPE, 1, { eventId: 'e1' })
    await seen.until(1)
    await settled(scene.redis)
    expect(await handledOf(scene.redis)).toEqual(['e1'])
    await expect
      .poll(() => metric(bus, 'events_processed_total', { event_type: TYPE, status: 'success' }))
      .toBe(1)
  })
})
