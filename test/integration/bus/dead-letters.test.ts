import { describe, expect, it } from 'vitest'
import { createDeadLetters, deadLetterKey } from '../../../src/runtime/bus/index.ts'
import { FatalError } from '../../../src/runtime/kernel/index.ts'
import {
  createBusScene,
  entriesOf,
  foreign,
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
const letters = () => createDeadLetters({ redis: scene.redis })
const LETTERS = deadLetterKey(TYPE, false)

/** Has a group give up the events with these data. */
async function giveUp(data: unknown[], group = 'agent-group') {
  const bus = await scene.consumer(
    () => {
      throw new FatalError('no')
    },
    { concurrency: 1, start: { group, consumer: 'c1' } },
  )
  for (const value of data) await bus.publish(TYPE, value)
  await eventually(async () => (await scene.redis.xlen(LETTERS)) === data.length)
  await bus.stop()
}

describe('dead letters', () => {
  it('are counted by type', async () => {
    await giveUp([1, 2])
    await xadd(scene.redis, ['x-reason', 'fatal'], 'agent:dlq:a.b', '1000-0')
    await xadd(scene.redis, ['x-reason', 'fatal'], 'agent:dlq:a.b', '3000-0')
    expect(await letters().list()).toEqual([
      { type: 'a.b', count: 2, oldest: '1970-01-01T00:00:01.000Z', newest: '1970-01-01T00:00:03.000Z' },
      { type: TYPE, count: 2, oldest: expect.any(String), newest: expect.any(String) },
    ])
  })

  it('are shown as they were, with their origin, page by page', async () => {
    await giveUp([0, 1, 2])
    const [entry] = await entriesOf(scene.redis)
    const first = await letters().show(TYPE, { limit: 2 })
    expect(first.letters[0]).toMatchObject({
      fields: entry?.fields,
      origin: { stream: STREAM, entry: entry?.id, group: 'agent-group', consumer: 'c1' },
      deliveries: 1,
      reason: 'fatal',
      error: 'no',
    })
    const second = await letters().show(TYPE, { limit: 2, from: first.next ?? '' })
    expect([...first.letters, ...second.letters].map(({ fields }) => fields.data)).toEqual(['0', '1', '2'])
    expect(second.next).toBeNull()
    const id = first.letters[1]?.id ?? ''
    expect(await letters().get(TYPE, id)).toEqual(first.letters[1])
    await expect(letters().get(TYPE, '1-1')).rejects.toMatchObject({ code: 'EVENT_NOT_FOUND' })
    await expect(letters().get(TYPE, 'x')).rejects.toMatchObject({ code: 'EVENT_CURSOR_INVALID' })
  })

  it('can be purged, all or those that are older', async () => {
    for (const n of [1, 2, 3]) await xadd(scene.redis, foreign(n), LETTERS, `${n}000-0`)
    expect(await letters().count(TYPE)).toBe(3)
    expect(await letters().count(TYPE, { before: 2_500 })).toBe(2)
    expect(await letters().purge(TYPE, { before: 2_500 })).toBe(2)
    expect(await letters().purge(TYPE)).toBe(1)
    expect(await letters().count(TYPE)).toBe(0)
  })
})

describe('retrying a dead letter', () => {
  it('goes to the group that could not handle it, and to no other', async () => {
    await giveUp(['event'], 'failing')
    const seen = notes<string>()
    await scene.consumer(() => seen.add('other'), { start: { group: 'other' } })
    await seen.until(1)
    const [letter] = (await letters().show(TYPE)).letters
    const retried = await letters().retry(TYPE, [letter?.id ?? ''])
    const bus = await scene.consumer((data) => seen.add(`failing ${data}`), { start: { group: 'failing' } })
    await bus.publish(TYPE, 'end')
    await seen.until(4)
    await Promise.all([settled(scene.redis, 'failing'), settled(scene.redis, 'other')])
    expect(seen.all.sort()).toEqual(['failing end', 'failing event', 'other', 'other'])
    expect(retried).toEqual([{ letter: letter?.id, entry: (await entriesOf(scene.redis))[1]?.id }])
    expect(await letters().count(TYPE)).toBe(0)
  })

  it('restores the event as it was, however often it is retried', async () => {
    await giveUp([{ n: 1 }])
    const original = (await entriesOf(scene.redis))[0]?.fields
    for (const round of [1, 2, 3]) {
      await letters().retry(TYPE, 'all')
      const again = (await entriesOf(scene.redis)).at(-1)?.fields
      expect(again).toEqual({ ...original, 'x-group': 'agent-group' })
      expect(Object.keys(again ?? {}).slice(0, 4)).toEqual(Object.keys(original ?? {}).slice(0, 4))
      const bus = await scene.consumer(() => {
        throw new FatalError(`round ${round}`)
      })
      await eventually(async () => (await scene.redis.xlen(LETTERS)) === 1)
      await bus.stop()
      const [letter] = (await letters().show(TYPE)).letters
      expect(letter).toMatchObject({ fields: original, error: `round ${round}`, deliveries: 1 })
    }
  })

  it('takes those that are there now, oldest first, as many as wanted', async () => {
    await giveUp(numbers(120))
    expect(await letters().retry(TYPE, 'all', 70)).toHaveLength(70)
    expect((await letters().show(TYPE)).letters[0]?.fields.data).toBe('70')
    expect(await letters().retry(TYPE, 'all')).toHaveLength(50)
    const data = (await entriesOf(scene.redis)).slice(120).map(({ fields }) => Number(fields.data))
    expect(data).toEqual(numbers(120))
    expect(await letters().retry(TYPE, 'all')).toEqual([])
  })

  it('leaves out ids that are not there', async () => {
    await giveUp([1])
    const [letter] = (await letters().show(TYPE)).letters
    expect(await letters().retry(TYPE, ['1-1', letter?.id ?? ''])).toMatchObject([{ letter: letter?.id }])
    await expect(letters().retry(TYPE, ['x'])).rejects.toMatchObject({ code: 'EVENT_CURSOR_INVALID' })
  })

  it('wakes consumers, which handle it although its event id was published before', async () => {
    await giveUp([1])
    const seen = notes<unknown>()
    const bus = await scene.consumer((data) => seen.add(data))
    await letters().retry(TYPE, 'all')
    expect(await seen.until(1)).toEqual([1])
    await settled(scene.redis)
    await expect
      .poll(() => metric(bus, 'events_processed_total', { event_type: TYPE, status: 'success' }))
      .toBe(1)
  })
})

describe('the metrics of a consumer', () => {
  it('tell lag, pending entries and dead letters of its group', async () => {
    const [go, seen] = [gate(), notes<unknown>()]
    await giveUp([0, 0])
    const bus = await scene.consumer(
      async (data) => {
        seen.add(data)
        await go.opened
      },
      { concurrency: 2 },
    )
    await Promise.all(numbers(5).map((n) => bus.publish(TYPE, n)))
    await seen.until(2)
    const labels = { event_type: TYPE, group: 'agent-group' }
    await expect.poll(() => metric(bus, 'events_lag', labels)).toBe(3)
    await expect.poll(() => metric(bus, 'events_pending', labels)).toBe(2)
    await expect.poll(() => metric(bus, 'events_dead_letters')).toBe(2)
    expect(await metric(bus, 'events_oldest_pending_seconds', labels)).toBeGreaterThan(0)
    go.open()
    await seen.until(5)
    await settled(scene.redis)
    await expect.poll(() => metric(bus, 'events_lag', labels)).toBe(0)
    await expect.poll(() => metric(bus, 'events_oldest_pending_seconds', labels)).toBe(0)
    await eventually(async () => (await metric(bus, 'event_processing_seconds_count')) === 5)
    await expect.poll(() => metric(bus, 'event_processing_seconds_sum')).toBeGreaterThan(0)
  })
})
