import { describe, expect, it } from 'vitest'
import { type EventBus, groupKeys } from '../../../src/runtime/bus/index.ts'
import {
  consumersOf,
  createBusScene,
  foreign,
  GROUP,
  gate,
  metric,
  notes,
  numbers,
  STREAM,
  settled,
  TYPE,
  xadd,
} from '../../support/bus.ts'
import { eventually } from '../../support/program.ts'

const scene = createBusScene()

const healed = (bus: Parameters<typeof metric>[0]) => metric(bus, 'events_groups_healed_total')

describe('a group that does not exist yet', () => {
  async function starting(from: 'first' | 'new' | string | undefined) {
    const seen = notes<unknown>()
    const bus = await scene.consumer((data) => seen.add(data), from === undefined ? {} : { from })
    await bus.publish(TYPE, 'after')
    await eventually(() => seen.all.includes('after'))
    await settled(scene.redis)
    return seen.all
  }

  it('begins with the first event there is', async () => {
    for (const n of [0, 1]) await xadd(scene.redis, foreign(n))
    expect(await starting(undefined)).toEqual([0, 1, 'after'])
  })

  it('begins with what comes, if so demanded', async () => {
    for (const n of [0, 1]) await xadd(scene.redis, foreign(n))
    expect(await starting('new')).toEqual(['after'])
  })

  it('begins after an entry id', async () => {
    for (const n of [1, 2, 3]) await xadd(scene.redis, foreign(n), STREAM, `${n}000-0`)
    expect(await starting('1000-0')).toEqual([2, 3, 'after'])
  })

  it('begins with the events of the moment when it begins at a time', async () => {
    for (const n of [1, 2, 3]) await xadd(scene.redis, foreign(n), STREAM, `${n}000-0`)
    expect(await starting(new Date(2_000).toISOString())).toEqual([2, 3, 'after'])
  })

  it('that is there goes on where it was, whatever is demanded', async () => {
    for (const n of [0, 1]) await xadd(scene.redis, foreign(n))
    await scene.redis.xgroup('CREATE', STREAM, GROUP, '0')
    expect(await starting('new')).toEqual([0, 1, 'after'])
  })

  it('refuses a beginning that is no place', () => {
    expect(() => scene.bus().subscribe(TYPE, () => {}, { from: 'nowhere' })).toThrow(
      expect.objectContaining({ code: 'EVENT_CURSOR_INVALID', field: 'from' }),
    )
  })
})

describe('a group that is gone', () => {
  it('is made anew under load where everything was settled: nothing is lost, nothing handled twice', async () => {
    const seen = notes<number>()
    const handler = async (data: unknown) => {
      await new Promise((resolve) => setTimeout(resolve, 2))
      seen.add(data as number)
    }
    const buses = [await scene.consumer(handler, { concurrency: 5 }), await scene.consumer(handler)]
    const publisher = scene.bus()
    for (const round of numbers(10)) {
      await Promise.all(numbers(30).map((n) => publisher.publish(TYPE, 30 * round + n)))
      if (round % 3 === 1) await scene.redis.xgroup('DESTROY', STREAM, GROUP)
    }
    await eventually(() => new Set(seen.all).size === 300)
    await settled(scene.redis)
    const repeats = seen.all.length - 300
    expect([...new Set(seen.all)].sort((a, b) => a - b)).toEqual(numbers(300))
    // What one consumer had in its hands may reach the other: at most once for each handler and loss.
    expect(repeats).toBeLessThanOrEqual(3 * 15)
    const counts = await Promise.all(buses.map(healed))
    expect(counts.reduce<number>((sum, count = 0) => sum + count, 0)).toBeGreaterThanOrEqual(1)
  })

  it('handles nothing again that one consumer has handled or has in its hands', async () => {
    const [go, seen] = [gate(), notes<number>()]
    const bus = await scene.consumer(async (data) => {
      seen.add(data as number)
      if (data === 5) await go.opened
    })
    for (const n of numbers(6)) await bus.publish(TYPE, n)
    await seen.until(6)
    await scene.redis.xgroup('DESTROY', STREAM, GROUP)
    await bus.publish(TYPE, 6)
    await eventually(() => seen.all.includes(6))
    go.open()
    await settled(scene.redis)
    expect(seen.all).toEqual(numbers(7))
    await expect.poll(() => healed(bus)).toBe(1)
  })

  it('goes on after FLUSHALL with what comes then', async () => {
    const seen = notes<unknown>()
    const bus = await scene.consumer((data) => seen.add(data))
    await bus.publish(TYPE, 0)
    await seen.until(1)
    await settled(scene.redis)
    await scene.redis.flushall()
    await bus.publish(TYPE, 1)
    expect(await seen.until(2)).toEqual([0, 1])
    await settled(scene.redis)
  })

  it('goes on when its stream was deleted, also with events that a foreigner adds', async () => {
    const seen = notes<unknown>()
    const bus = await scene.consumer((data) => seen.add(data))
    bus.subscribe('test.other', (data) => seen.add(data))
    await bus.publish(TYPE, 0)
    await seen.until(1)
    await settled(scene.redis)
    await scene.redis.del(STREAM)
    await xadd(scene.redis, foreign(1))
    await bus.publish('test.other', 'other')
    expect((await seen.until(3)).slice(1).sort()).toEqual([1, 'other'])
    await settled(scene.redis)
  })

  it('is found to be gone also while every handler is busy', async () => {
    const [go, seen] = [gate(), notes<unknown>()]
    const bus = await scene.consumer(
      async (data) => {
        seen.add(data)
        await go.opened
      },
      { concurrency: 1 },
    )
    await bus.publish(TYPE, 0)
    await seen.until(1)
    await scene.redis.del(STREAM)
    await eventually(async () => (await scene.redis.exists(STREAM)) === 1)
    go.open()
  })

  it('does not make a group that begins with what comes handle the whole history', async () => {
    for (const n of numbers(5)) await xadd(scene.redis, foreign(n))
    const seen = notes<unknown>()
    const bus = await scene.consumer((data) => seen.add(data), { from: 'new' })
    await scene.redis.xgroup('DESTROY', STREAM, GROUP)
    await bus.publish(TYPE, 'new')
    await eventually(() => seen.all.includes('new'))
    await settled(scene.redis)
    expect(seen.all).toEqual(['new'])
  })
})

describe('consumers of a group', () => {
  /** Redis knows a consumer from the first event on that it gets. */
  async function busy(bus: EventBus, consumers: number): Promise<void> {
    await eventually(async () => {
      await Promise.all(numbers(5).map((n) => bus.publish(TYPE, n)))
      return (await consumersOf(scene.redis)).length === consumers
    })
    await settled(scene.redis)
  }

  it('are removed when they stop', async () => {
    const bus = await scene.consumer(() => {}, { start: { consumer: 'c1' } })
    await bus.publish(TYPE, 1)
    await eventually(async () => (await consumersOf(scene.redis)).includes('c1'))
    await settled(scene.redis)
    await bus.stop()
    expect(await consumersOf(scene.redis)).toEqual([])
  })

  it('are kept while something is pending for them, so that it is not forgotten', async () => {
    const seen = notes<unknown>()
    const bus = await scene.consumer(
      (data) => {
        seen.add(data)
        throw new Error('later')
      },
      { backoff: { min: 60_000, max: 60_000 }, start: { consumer: 'c1' } },
    )
    await bus.publish(TYPE, 1)
    await seen.until(1)
    await eventually(async () => (await scene.redis.zcard(groupKeys(STREAM, GROUP).retries)) === 1)
    await bus.stop()
    expect(await consumersOf(scene.redis)).toEqual(['c1'])
  })

  it('of others stay when one stops', async () => {
    const first = await scene.consumer(() => {}, { start: { consumer: 'c1' } })
    await busy(first, 1)
    await busy(await scene.consumer(() => {}, { start: { consumer: 'c2' } }), 2)
    await first.stop()
    expect(await consumersOf(scene.redis)).toEqual(['c2'])
  })

  it('have names of their own where none is given', async () => {
    await busy(await scene.consumer(() => {}, { bus: { name: 'mine' } }), 1)
    await busy(await scene.consumer(() => {}, { bus: { name: 'mine' } }), 2)
    const [one, two] = await consumersOf(scene.redis)
    expect(one).toMatch(/^mine-/)
    expect(one).not.toBe(two)
  })
})
