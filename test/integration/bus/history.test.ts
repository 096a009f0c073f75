import { describe, expect, it } from 'vitest'
import type { BusEvent } from '../../../src/runtime/bus/index.ts'
import { createBusScene, entriesOf, foreign, GROUP, numbers, STREAM, TYPE, xadd } from '../../support/bus.ts'

const scene = createBusScene()

/** Events 0 to 9, one each second from second 1 on; the sixth entry is no event. */
async function write(): Promise<void> {
  for (const n of numbers(10)) {
    await xadd(scene.redis, n === 5 ? ['no', 'event'] : foreign(n), STREAM, `${(n + 1) * 1_000}-0`)
  }
}
const values = (events: BusEvent[]) => events.map(({ data }) => data)

describe('the history of a type', () => {
  it('comes in pages, oldest first', async () => {
    await write()
    const bus = scene.bus()
    const pages: unknown[] = []
    for (let from: string | null = '0-0'; from !== null; ) {
      const { events, next } = await bus.history(TYPE, { from, limit: 4 })
      pages.push(values(events))
      from = next
    }
    expect(pages).toEqual([
      [0, 1, 2, 3],
      [4, 6, 7],
      [8, 9],
    ])
  })

  it('comes in pages, newest first', async () => {
    await write()
    const bus = scene.bus()
    const first = await bus.history(TYPE, { limit: 4, order: 'desc' })
    const second = await bus.history(TYPE, { limit: 4, order: 'desc', to: first.next ?? '' })
    const third = await bus.history(TYPE, { limit: 4, order: 'desc', to: second.next ?? '' })
    expect([first, second, third].map(({ events }) => values(events))).toEqual([
      [9, 8, 7, 6],
      [4, 3, 2],
      [1, 0],
    ])
    expect(third.next).toBeNull()
  })

  it('goes from and to an entry id or a time, both included', async () => {
    await write()
    const bus = scene.bus()
    const between = async (from: string | number | Date, to: string | number | Date) =>
      values((await bus.history(TYPE, { from, to })).events)
    expect(await between('2000-0', '4000-0')).toEqual([1, 2, 3])
    expect(await between(2_000, 4_000)).toEqual([1, 2, 3])
    expect(await between(new Date(2_001), new Date(3_999))).toEqual([2])
    expect(await between('1970-01-01T00:00:02Z', '1970-01-01T00:00:04Z')).toEqual([1, 2, 3])
    expect(await between(4_000, 2_000)).toEqual([])
  })

  it('names the entries that are no events', async () => {
    await write()
    const { events, undecodable } = await scene.bus().history(TYPE)
    expect(values(events)).toEqual([0, 1, 2, 3, 4, 6, 7, 8, 9])
    expect(undecodable).toEqual([{ entryId: '6000-0', reason: 'the field event_id is missing' }])
  })

  it('has a hundred events on a page unless told otherwise, at most a thousand', async () => {
    const pipeline = scene.redis.pipeline()
    for (const n of numbers(101)) pipeline.xadd(STREAM, '*', ...foreign(n))
    await pipeline.exec()
    const bus = scene.bus()
    const page = await bus.history(TYPE)
    expect(page.events).toHaveLength(100)
    expect(page.next).toBe((await entriesOf(scene.redis))[100]?.id)
    for (const limit of [0, -1, 1.5, 1_001])
      await expect(bus.history(TYPE, { limit })).rejects.toMatchObject({
        code: 'EVENT_CURSOR_INVALID',
        field: 'limit',
      })
  })

  it('is empty for a type without events', async () => {
    expect(await scene.bus().history('test.never')).toEqual({ events: [], undecodable: [], next: null })
  })

  it('is asked for by a type and places that can be', async () => {
    const bus = scene.bus()
    await expect(bus.history('No')).rejects.toMatchObject({ code: 'EVENT_TYPE_INVALID' })
    await expect(bus.history(TYPE, { from: 'x' })).rejects.toMatchObject({
      code: 'EVENT_CURSOR_INVALID',
      field: 'from',
    })
    await expect(bus.history(TYPE, { to: 'x' })).rejects.toMatchObject({ field: 'to' })
  })
})

describe('a replay', () => {
  it('hands every event to the handler in order, one after the other, marked as a replay', async () => {
    await write()
    const seen: unknown[] = []
    let now = 0
    const result = await scene.bus().replay(TYPE, {
      handler: async (data, { replay, group, delivery, event }) => {
        expect(++now).toBe(1)
        await new Promise((resolve) => setImmediate(resolve))
        now--
        seen.push([data, replay, group, delivery, event.entryId])
      },
    })
    expect(seen).toEqual(
      numbers(10)
        .filter((n) => n !== 5)
        .map((n) => [n, true, '', 1, `${(n + 1) * 1_000}-0`]),
    )
    expect(result).toEqual({ handled: 9, failed: 0, undecodable: 1 })
  })

  it('reads more than one page', async () => {
    const pipeline = scene.redis.pipeline()
    for (const n of numbers(1_203)) pipeline.xadd(STREAM, '*', ...foreign(n))
    await pipeline.exec()
    const seen: unknown[] = []
    await scene.bus().replay(TYPE, { handler: (data) => seen.push(data) })
    expect(seen).toEqual(numbers(1_203))
  })

  it('goes from and to an entry id or a time', async () => {
    await write()
    const seen: unknown[] = []
    const bus = scene.bus()
    await bus.replay(TYPE, { from: '2000-0', to: 4_000, handler: (data) => seen.push(data) })
    await bus.replay(TYPE, { from: '1970-01-01T00:00:10Z', handler: (data) => seen.push(data) })
    expect(seen).toEqual([1, 2, 3, 9])
  })

  it('stops at the first failure, and names the entry to go on from', async () => {
    await write()
    const bus = scene.bus()
    const seen: unknown[] = []
    let broken = true
    const handler = (data: unknown) => {
      if (data === 3 && broken) throw new Error('cannot')
      seen.push(data)
    }
    const failure = await bus.replay(TYPE, { handler }).catch((error) => error)
    expect(failure).toMatchObject({
      code: 'EVENT_REPLAY_STOPPED',
      message: expect.stringMatching(/entry 4000-0 .*3 events.*cannot/),
    })
    broken = false
    await bus.replay(TYPE, { from: /\d+-\d+/.exec(failure.message)?.[0] ?? '', handler })
    expect(seen).toEqual([0, 1, 2, 3, 4, 6, 7, 8, 9])
  })

  it('goes on after failures if so demanded, and counts them', async () => {
    await write()
    const progress: unknown[] = []
    const result = await scene.bus().replay(TYPE, {
      keepGoing: true,
      handler: (data) => {
        if ((data as number) % 2 === 1) throw new Error('odd')
      },
      onProgress: ({ handled, failed }, event) => progress.push([event.data, handled, failed]),
    })
    expect(result).toEqual({ handled: 5, failed: 4, undecodable: 1 })
    expect(progress.slice(0, 3)).toEqual([
      [0, 1, 0],
      [1, 1, 1],
      [2, 2, 1],
    ])
  })

  it('ends between two events when it is aborted', async () => {
    await write()
    const controller = new AbortController()
    const result = await scene.bus().replay(TYPE, {
      signal: controller.signal,
      handler: (data) => {
        if (data === 2) controller.abort()
      },
    })
    expect(result).toEqual({ handled: 3, failed: 0, undecodable: 1 })
  })

  it('touches no group, and does not follow what its own handler publishes', async () => {
    const bus = scene.bus()
    for (const n of numbers(3)) await bus.publish(TYPE, n)
    await scene.redis.xgroup('CREATE', STREAM, GROUP, '0')
    const before = await scene.redis.xinfo('GROUPS', STREAM)
    const seen: unknown[] = []
    const { entryId: last } = await bus.send(TYPE, 'last')
    await bus.replay(TYPE, {
      to: last,
      handler: async (data) => {
        seen.push(data)
        await bus.publish(TYPE, 'echo')
      },
    })
    expect(seen).toEqual([0, 1, 2, 'last'])
    const groups = (await scene.redis.xinfo('GROUPS', STREAM)) as unknown[][]
    expect(groups[0]?.slice(0, 8)).toEqual((before as unknown[][])[0]?.slice(0, 8))
  })

  it('writes no replies', async () => {
    await xadd(scene.redis, foreign({ n: 1, response_stream: 'agent:stream:response:r' }))
    const seen: unknown[] = []
    await scene.bus().replay(TYPE, { handler: (data) => seen.push(data) })
    expect(seen).toEqual([{ n: 1 }])
    expect(await scene.redis.exists('agent:stream:response:r')).toBe(0)
  })

  it('includes what was published before the call even when the clock of this program is behind', async () => {
    const ahead = Date.now() + 60_000
    await xadd(scene.redis, foreign('of a server whose clock is ahead'), STREAM, `${ahead}-0`)
    const seen: unknown[] = []
    await scene.bus().replay(TYPE, { handler: (data) => seen.push(data) })
    expect(seen).toHaveLength(1)
  })
})
