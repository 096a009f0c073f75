import { describe, expect, it } from 'vitest'
import type { RawEntry } from '../../../src/runtime/platform/streams/index.ts'
import {
  createBusScene,
  foreign,
  gate,
  handledOf,
  metric,
  notes,
  pendingOf,
  settled,
  TYPE,
  xadd,
} from '../../support/bus.ts'
import { eventually } from '../../support/program.ts'

const scene = createBusScene()

/** The same event twice, as a foreign publisher adds it whose reply was lost. */
const twin = (data: unknown, eventId = 'twin') => xadd(scene.redis, foreign(data, { event_id: eventId }))

describe('an event that is in its stream twice', () => {
  it('is handled once, and the repeat is counted', async () => {
    const seen = notes<unknown>()
    const bus = await scene.consumer((data) => seen.add(data))
    await twin('first')
    await seen.until(1)
    await settled(scene.redis)
    await twin('second')
    await bus.publish(TYPE, 'other')
    expect(await seen.until(2)).toEqual(['first', 'other'])
    await settled(scene.redis)
    await expect
      .poll(() => metric(bus, 'events_processed_total', { event_type: TYPE, status: 'duplicate' }))
      .toBe(1)
  })

  it('is handled once when both are delivered together', async () => {
    await twin('first')
    await twin('second')
    const seen = notes<unknown>()
    await scene.consumer((data) => seen.add(data))
    await settledAll()
    expect(seen.all).toEqual(['first'])
  })

  it('is handled once when the consumer was restarted between', async () => {
    const seen = notes<unknown>()
    const first = await scene.consumer((data) => seen.add(data))
    await twin('first')
    await seen.until(1)
    await settled(scene.redis)
    await first.stop()
    await twin('second')
    await scene.consumer((data) => seen.add(data))
    await settledAll()
    expect(seen.all).toEqual(['first'])
  })

  it('is handled by one consumer at a time, never by two at once', async () => {
    const [go, seen] = [gate(), notes<string>()]
    const handler = async (data: unknown) => {
      seen.add(`begin ${data}`)
      await go.opened
      seen.add('end')
    }
    await scene.consumer(handler, { concurrency: 1 })
    await twin('first')
    await seen.until(1)
    const other = await scene.consumer(handler, { concurrency: 1 })
    await twin('second')
    await eventually(async () => (await pendingOf(scene.redis)).length === 2)
    await other.publish(TYPE, 'behind it') // the twin that waits takes no slot
    await seen.until(2)
    expect(seen.all).toEqual(['begin first', 'begin behind it'])
    go.open()
    await settledAll()
    expect(seen.all.filter((note) => note.startsWith('begin'))).toEqual(['begin first', 'begin behind it'])
  })

  it('is handled again when the first failed for good: then it is no repeat', async () => {
    const seen = notes<unknown>()
    await scene.consumer(
      (data) => {
        seen.add(data)
        if (data === 'first') throw new Error('no')
      },
      { maxDeliveries: 1 },
    )
    await twin('first')
    await seen.until(1)
    await settled(scene.redis)
    await twin('second')
    expect(await seen.until(2)).toEqual(['first', 'second'])
    await settled(scene.redis)
  })

  it('is handled by the other while the first waits for its retry, which then is a repeat', async () => {
    const seen = notes<unknown>()
    await scene.consumer(
      (data) => {
        seen.add(data)
        if (data === 'first') throw new Error('no')
      },
      { backoff: { min: 4_000, max: 4_000 } },
    )
    await twin('first')
    await seen.until(1)
    await twin('second')
    await settledAll()
    expect(seen.all).toEqual(['first', 'second'])
  })

  it('is handled once by each group', async () => {
    const seen = notes<string>()
    await scene.consumer(() => seen.add('a'), { start: { group: 'a' } })
    await scene.consumer(() => seen.add('b'), { start: { group: 'b' } })
    await twin('first')
    await seen.until(2)
    await twin('second')
    await Promise.all([settledAll('a'), settledAll('b')])
    expect(seen.all.sort()).toEqual(['a', 'b'])
    expect(await handledOf(scene.redis, 'a')).toEqual(['twin'])
    expect(await handledOf(scene.redis, 'b')).toEqual(['twin'])
  })

  it('counts as another after the dedupe window', async () => {
    const seen = notes<unknown>()
    await scene.consumer((data) => seen.add(data), { bus: { dedupeWindow: 300 } })
    await twin('first')
    await seen.until(1)
    await settled(scene.redis)
    await eventually(async () => (await handledOf(scene.redis)).length === 0)
    await twin('second')
    expect(await seen.until(2)).toEqual(['first', 'second'])
  })
})

describe('stopping while a repeat waits for its twin', () => {
  it('leaves nothing behind: the repeat is for others to settle, and no handler runs any more', async () => {
    const [go, seen] = [gate(), notes<string>()]
    await scene.consumer(
      async () => {
        seen.add('first')
        await go.opened
        throw new Error('so that the twin would be handled')
      },
      { concurrency: 1, maxDeliveries: 1 },
    )
    await twin('first')
    await seen.until(1)
    const second = await scene.consumer(() => seen.add('second'))
    await twin('second')
    await eventually(async () => (await pendingOf(scene.redis)).length === 2)
    await second.stop({ drainTimeout: 5_000 })
    go.open()
    // Longer than a repeat waits before it is looked at again.
    await new Promise((resolve) => setTimeout(resolve, 1_300))
    expect(seen.all.filter((note) => note === 'second')).toEqual([])
  })
})

/** Resolves once everything that is in the stream has been read and settled. */
async function settledAll(group?: string): Promise<void> {
  await eventually(async () => {
    const groups = (await scene.redis.xinfo('GROUPS', `agent:stream:${TYPE}`)) as unknown[][]
    const facts = groups.find((list) => list[1] === (group ?? 'agent-group')) ?? []
    const value = (name: string) => facts[facts.indexOf(name) + 1]
    const [newest] = (await scene.redis.xrevrange(`agent:stream:${TYPE}`, '+', '-', 'COUNT', 1)) as RawEntry[]
    return value('pending') === 0 && value('last-delivered-id') === newest?.[0]
  })
}
