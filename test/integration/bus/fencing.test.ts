import { describe, expect, it } from 'vitest'
import { groupKeys } from '../../../src/runtime/bus/index.ts'
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
  STREAM,
  settled,
  TYPE,
  xadd,
} from '../../support/bus.ts'
import { eventually } from '../../support/program.ts'

const scene = createBusScene()

/** Takes an entry away from its consumer, as another one does that thinks it dead. */
const steal = (id: string) => scene.redis.call('XCLAIM', STREAM, GROUP, 'thief', 0, id)
const processed = (bus: Parameters<typeof metric>[0], status: string) =>
  metric(bus, 'events_processed_total', { event_type: TYPE, status })

/** Entries delivered to a consumer that then crashed. */
async function abandon(count: number): Promise<void> {
  await scene.redis.xgroup('CREATE', STREAM, GROUP, '0', 'MKSTREAM')
  for (const n of numbers(count)) await xadd(scene.redis, foreign(n))
  await scene.redis.xreadgroup('GROUP', GROUP, 'ghost', 'COUNT', count, 'STREAMS', STREAM, '>')
}

describe('a handler whose event another consumer has taken over', () => {
  it('acknowledges nothing when it succeeds late', async () => {
    const [go, seen] = [gate(), notes<unknown>()]
    const bus = await scene.consumer(async (data) => {
      seen.add(data)
      await go.opened
    })
    const { entryId } = await bus.send(TYPE, 1, { eventId: 'e1' })
    await seen.until(1)
    await steal(entryId)
    go.open()
    await eventually(async () => (await processed(bus, 'fenced')) === 1)
    expect((await pendingOf(scene.redis)).map(([id, owner]) => [id, owner])).toEqual([[entryId, 'thief']])
    expect(await handledOf(scene.redis)).toEqual([])
    expect(await processed(bus, 'success')).toBeUndefined()
  })

  it('plans no retry and buries nothing when it fails late', async () => {
    for (const maxDeliveries of [1, 5]) {
      await scene.redis.flushall()
      const [go, seen] = [gate(), notes<unknown>()]
      const bus = await scene.consumer(
        async (data) => {
          seen.add(data)
          await go.opened
          throw new Error('late')
        },
        { maxDeliveries },
      )
      const { entryId } = await bus.send(TYPE, 1)
      await seen.until(1)
      await steal(entryId)
      go.open()
      await eventually(async () => (await processed(bus, 'error')) === 1)
      await bus.stop()
      expect(await pendingOf(scene.redis)).toHaveLength(1)
      expect(await scene.redis.exists(`agent:dlq:${TYPE}`, groupKeys(STREAM, GROUP).retries)).toBe(0)
    }
  })

  it('is told by its signal as soon as its lease is to be renewed', async () => {
    const [reasons, seen] = [notes<string>(), notes<unknown>()]
    const bus = await scene.consumer(
      async (data, { signal }) => {
        seen.add(data)
        await new Promise<void>((resolve) => {
          signal.addEventListener('abort', () => resolve())
        })
        reasons.add(signal.reason.message)
      },
      { start: { lease: 3_000 } },
    )
    const { entryId } = await bus.send(TYPE, 1)
    await seen.until(1)
    await steal(entryId)
    expect(await reasons.until(1)).toEqual(['another consumer has taken the event over'])
  })

  it('is fenced by the delivery, not only by the name of the consumer', async () => {
    const [go, seen] = [gate(), notes<unknown>()]
    const bus = await scene.consumer(
      async (_, { delivery }) => {
        seen.add(delivery)
        await go.opened
      },
      { start: { consumer: 'same' } },
    )
    const { entryId } = await bus.send(TYPE, 1)
    await seen.until(1)
    await scene.redis.call('XCLAIM', STREAM, GROUP, 'same', 0, entryId)
    go.open()
    await eventually(async () => (await processed(bus, 'fenced')) === 1)
    expect((await pendingOf(scene.redis)).map(([, owner, , deliveries]) => [owner, deliveries])).toEqual([
      ['same', 2],
    ])
  })
})

describe('the lease of a long handler', () => {
  it('is renewed, so that nobody else takes its event', async () => {
    const [go, seen] = [gate(), notes<string>()]
    const handler = (name: string) => async () => {
      seen.add(name)
      await go.opened
    }
    const lease = 3_000 // longer than a busy machine stops a process
    const first = await scene.consumer(handler('first'), { start: { lease } })
    await first.publish(TYPE, 1)
    await seen.until(1)
    await scene.consumer(handler('second'), { start: { lease } })
    const [[, owner]] = (await pendingOf(scene.redis)) as [[string, string, number, number]]
    const sweeps = async () =>
      Number(/cmdstat_evalsha:calls=(\d+)/.exec(await scene.redis.info('commandstats'))?.[1] ?? 0)
    const before = await sweeps()
    const until = performance.now() + 2.5 * lease
    await eventually(async () => performance.now() > until && (await sweeps()) > before + 10)
    expect(seen.all).toEqual(['first'])
    expect((await pendingOf(scene.redis)).map(([, name, , deliveries]) => [name, deliveries])).toEqual([
      [owner, 1],
    ])
    go.open()
    await settled(scene.redis)
    expect(seen.all).toEqual(['first'])
  })
})

describe('what a crashed consumer leaves', () => {
  it('is taken over when its lease has run out, and counted as redelivered', async () => {
    await abandon(3)
    const seen = notes<unknown>()
    const bus = await scene.consumer((data, { delivery }) => seen.add([data, delivery]), {
      start: { lease: 300 },
    })
    expect((await seen.until(3)).sort()).toEqual([0, 1, 2].map((n) => [n, 2]))
    await settled(scene.redis)
    await expect.poll(() => metric(bus, 'events_redelivered_total')).toBe(3)
  })

  it('is left alone before that', async () => {
    await abandon(1)
    const seen = notes<unknown>()
    const bus = await scene.consumer((data) => seen.add(data), { start: { lease: 600_000 } })
    await bus.publish(TYPE, 'new')
    expect(await seen.until(1)).toEqual(['new'])
    await eventually(async () => (await pendingOf(scene.redis)).length === 1)
    expect((await pendingOf(scene.redis)).map(([, owner]) => owner)).toEqual(['ghost'])
  })

  it('is taken over as fast as it can be handled, however much it is', async () => {
    await abandon(150)
    const seen = notes<unknown>()
    await scene.consumer((data) => seen.add(data), { concurrency: 5, start: { lease: 200 } })
    const from = performance.now()
    expect((await seen.until(150)).length).toBe(150)
    await settled(scene.redis)
    expect(performance.now() - from).toBeLessThan(20_000) // five with each sweep, which come every second: 30 s
  })

  it('is taken over also while the stream is never empty', async () => {
    await abandon(3)
    const seen = notes<unknown>()
    const bus = await scene.consumer((data) => seen.add(data), { concurrency: 1, start: { lease: 200 } })
    let publishing = true
    const load = (async () => {
      while (publishing) await Promise.all(numbers(20).map((n) => bus.publish(TYPE, `new ${n}`)))
    })()
    try {
      await eventually(() => [0, 1, 2].every((n) => seen.all.includes(n)), 15_000)
    } finally {
      publishing = false
      await load
    }
  })

  it('waits for its turn when it had failed before: a planned retry is no abandoned event', async () => {
    const seen = notes<number>()
    const first = await scene.consumer(
      (_, { delivery }) => {
        seen.add(delivery)
        if (delivery === 1) throw new Error('no')
      },
      { backoff: { min: 1_500, max: 1_500 }, start: { lease: 150 } },
    )
    const from = performance.now()
    await first.publish(TYPE, 1)
    expect(await seen.until(2)).toEqual([1, 2])
    expect(performance.now() - from).toBeGreaterThan(1_000)
  })
})
