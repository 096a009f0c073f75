import { describe, expect, it } from 'vitest'
import { type EventBus, lossesKey } from '../../../src/runtime/bus/index.ts'
import {
  createBusScene,
  entriesOf,
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

const length = () => scene.redis.xlen(STREAM)
const losses = () => scene.redis.hgetall(lossesKey(STREAM))
const lost = (bus: EventBus, group = GROUP) => metric(bus, 'events_lost_total', { event_type: TYPE, group })
/** A publisher trims after each hundred at the latest. */
const publish = (bus: EventBus, count: number) => Promise.all(numbers(count).map((n) => bus.publish(TYPE, n)))
const data = async () => (await entriesOf(scene.redis)).map(({ fields }) => Number(fields.data))

describe('a stream that nobody reads', () => {
  it('is trimmed to its length, the oldest first', async () => {
    const bus = scene.bus({ maxLength: 50 })
    await publish(bus, 300)
    await eventually(async () => (await length()) === 50)
    expect(await data()).toEqual(numbers(300).slice(250))
    await eventually(async () => (await metric(bus, 'events_trimmed_total')) === 250)
    expect(await losses()).toEqual({})
  })

  it('is trimmed by age', async () => {
    for (const n of numbers(5)) await xadd(scene.redis, foreign(`old ${n}`), STREAM, `${1_000 + n}-0`)
    const bus = scene.bus({ maxAge: 3_600_000 })
    await publish(bus, 1_000)
    await eventually(async () => (await length()) === 1_000)
    // Counted when the answer of the server has come.
    await eventually(async () => (await metric(bus, 'events_trimmed_total')) === 5)
  })

  it('is left alone below its length', async () => {
    const bus = scene.bus({ maxLength: 500 })
    await publish(bus, 200)
    expect(await length()).toBe(200)
  })
})

describe('what a group still needs', () => {
  it('is not trimmed while it is unread', async () => {
    await scene.redis.xgroup('CREATE', STREAM, 'slow', '0', 'MKSTREAM')
    const bus = scene.bus({ maxLength: 50, maxAge: 1, hardCap: 10_000 })
    await publish(bus, 300)
    await publish(bus, 100)
    expect(await length()).toBe(400)
    await scene.redis.xreadgroup('GROUP', 'slow', 'c', 'COUNT', 200, 'NOACK', 'STREAMS', STREAM, '>')
    await publish(bus, 100)
    await eventually(async () => (await length()) === 300)
    expect(await losses()).toEqual({})
  })

  it('is not trimmed while it is pending, although another group has done with everything', async () => {
    await scene.redis.xgroup('CREATE', STREAM, 'done', '0', 'MKSTREAM')
    await scene.redis.xgroup('CREATE', STREAM, 'working', '0')
    const bus = scene.bus({ maxLength: 50, hardCap: 10_000 })
    await publish(bus, 90)
    for (const group of ['done', 'working'])
      await scene.redis.xreadgroup('GROUP', group, 'c', 'STREAMS', STREAM, '>')
    const ids = (await entriesOf(scene.redis)).map(({ id }) => id)
    await scene.redis.xack(STREAM, 'done', ...ids)
    await scene.redis.xack(STREAM, 'working', ...ids.filter((_, n) => n !== 30))
    await publish(bus, 100)
    // All after the first pending entry stay, and the unread ones.
    await eventually(async () => (await length()) === 160)
    expect((await entriesOf(scene.redis))[0]?.id).toBe(ids[30])
    expect(await losses()).toEqual({})
  })

  it('is trimmed above the hard cap all the same; the losses of each group are counted once', async () => {
    const go = gate()
    const seen = notes<unknown>()
    const bus = await scene.consumer(
      async (n) => {
        seen.add(n)
        await go.opened
      },
      { concurrency: 3, bus: { maxLength: 50, hardCap: 100 } },
    )
    await scene.redis.xgroup('CREATE', STREAM, 'absent', '0')
    // In their handlers before there is anything to trim: the reader may come late otherwise, and find less.
    await publish(bus, 3)
    await seen.until(3)
    await publish(bus, 297)
    await eventually(async () => (await length()) === 100)
    expect(await losses()).toEqual({ [GROUP]: '200', absent: '200' })
    go.open()
    await seen.until(103)
    await settled(scene.redis)
    await expect.poll(() => lost(bus)).toBe(200)
    await expect.poll(() => lost(bus, 'absent')).toBe(200)
    // Once more after everything was read, so that nothing is counted a second time.
    await bus.publish(TYPE, 'last')
    await seen.until(104)
    await sweeps(2)
    expect(await losses()).toEqual({ [GROUP]: '200', absent: '200' })
  })
})

/** Resolves after so many more sweeps of this group: each looks at the stream. */
async function sweeps(count: number): Promise<void> {
  const calls = async () =>
    Number(/cmdstat_xinfo\|stream:calls=(\d+)/.exec(await scene.redis.info('commandstats'))?.[1] ?? 0)
  const before = await calls()
  await eventually(async () => (await calls()) >= before + count)
}

describe('what somebody else has trimmed', () => {
  async function halfRead() {
    await scene.redis.xgroup('CREATE', STREAM, GROUP, '0', 'MKSTREAM')
    for (const n of numbers(20)) await xadd(scene.redis, foreign(n))
    await scene.redis.xreadgroup('GROUP', GROUP, 'c', 'COUNT', 5, 'STREAMS', STREAM, '>')
    const ids = (await entriesOf(scene.redis)).map(({ id }) => id)
    await scene.redis.xack(STREAM, GROUP, ...ids.slice(0, 5))
  }

  it('although the group had not read it is counted as lost, once', async () => {
    await halfRead()
    await scene.redis.xtrim(STREAM, 'MAXLEN', 8) // 12 are gone, of them 7 unread
    const seen = notes<unknown>()
    const bus = await scene.consumer((n) => seen.add(n))
    expect(await seen.until(8)).toEqual(numbers(20).slice(12))
    await settled(scene.redis)
    await sweeps(2)
    expect(await losses()).toEqual({ [GROUP]: '7' })
    await expect.poll(() => lost(bus)).toBe(7)
  })

  it('after the group has read it is no loss, also later', async () => {
    await halfRead()
    await scene.redis.xtrim(STREAM, 'MAXLEN', 8)
    const seen = notes<unknown>()
    const bus = await scene.consumer((n) => seen.add(n))
    await seen.until(8)
    await settled(scene.redis)
    await sweeps(1)
    await scene.redis.xtrim(STREAM, 'MAXLEN', 0)
    await bus.publish(TYPE, 'last')
    await seen.until(9)
    await sweeps(2)
    expect(await losses()).toEqual({ [GROUP]: '7' })
  })

  it('while it was pending is counted, and no longer pending', async () => {
    await scene.redis.xgroup('CREATE', STREAM, GROUP, '0', 'MKSTREAM')
    for (const n of numbers(3)) await xadd(scene.redis, foreign(n))
    await scene.redis.xreadgroup('GROUP', GROUP, 'ghost', 'STREAMS', STREAM, '>')
    await scene.redis.xtrim(STREAM, 'MAXLEN', 1)
    const seen = notes<unknown>()
    const bus = await scene.consumer((n) => seen.add(n), { start: { lease: 200 } })
    expect(await seen.until(1)).toEqual([2])
    await settled(scene.redis)
    expect(await losses()).toEqual({ [GROUP]: '2' })
    await eventually(async () => (await lost(bus)) === 2)
  })

  it('is no loss of a group that is made later', async () => {
    for (const n of numbers(10)) await xadd(scene.redis, foreign(n))
    await scene.redis.xtrim(STREAM, 'MAXLEN', 4)
    const seen = notes<unknown>()
    await scene.consumer((n) => seen.add(n))
    await seen.until(4)
    await sweeps(2)
    expect(await losses()).toEqual({})
  })

  it('or deleted singly after it was read is no loss', async () => {
    const seen = notes<unknown>()
    const bus = await scene.consumer((n) => seen.add(n))
    await publish(bus, 10)
    await seen.until(10)
    await settled(scene.redis)
    const ids = (await entriesOf(scene.redis)).map(({ id }) => id)
    await scene.redis.xdel(STREAM, ...ids.slice(3, 6))
    await bus.publish(TYPE, 'last')
    await seen.until(11)
    await sweeps(2)
    expect(await losses()).toEqual({})
  })
})
