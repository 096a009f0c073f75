import { describe, expect, it } from 'vitest'
import { batchesOf, type EventBatch } from '../../../src/runtime/agents/batches.ts'

async function all(
  events: Iterable<unknown> | AsyncIterable<unknown>,
  options: Partial<Parameters<typeof batchesOf>[1]> = {},
) {
  const batches: EventBatch[] = []
  for await (const batch of batchesOf(events, { runId: 'run', count: 3, bytes: 1_000, ...options }))
    batches.push(batch)
  return batches
}

const sizes = (batches: EventBatch[]) => batches.map(({ items }) => items.length)

describe('batches of events', () => {
  it('have at most so many events, in their order', async () => {
    const batches = await all(Array.from({ length: 7 }, (_, amount) => ({ amount })))
    expect(sizes(batches)).toEqual([3, 3, 1])
    expect(batches.flatMap(({ items }) => items.map(({ index }) => index))).toEqual([0, 1, 2, 3, 4, 5, 6])
  })

  it('give an id to events that have none, the same each time', async () => {
    const events = [{ amount: 1 }, { event_id: 'own' }, { amount: 2, event_id: undefined }]
    const items = (await all(events)).flatMap((batch) => batch.items)
    expect(items.map(({ id }) => id)).toEqual(['run-0', 'own', 'run-2'])
    expect(items.map(({ event }) => event)).toEqual([
      { amount: 1, event_id: 'run-0' },
      { event_id: 'own' },
      { amount: 2, event_id: 'run-2' },
    ])
  })

  it('leave what is no event to the service to refuse', async () => {
    const items = (await all([null, 'text', [1], { event_id: 7 }], { count: 9 })).flatMap(
      (batch) => batch.items,
    )
    expect(items.map(({ id, event }) => [id, event])).toEqual([
      [null, null],
      [null, 'text'],
      [null, [1]],
      [null, { event_id: 7 }],
    ])
  })

  it('have at most so many bytes, but for an event that alone has more', async () => {
    const of = (length: number) => ({ event_id: 'e', data: 'ä'.repeat(length) })
    const batches = await all([of(10), of(10), of(600), of(10), of(10)], { count: 9, bytes: 200 })
    expect(sizes(batches)).toEqual([2, 1, 2])
  })

  it('name what cannot be sent, and go on', async () => {
    const ring: Record<string, unknown> = {}
    ring.self = ring
    const batches = await all([{ a: 1 }, { amount: 1n }, ring, { b: 1 }], { count: 9 })
    expect(batches).toHaveLength(1)
    expect(batches[0]?.items.map(({ index }) => index)).toEqual([0, 3])
    expect(batches[0]?.unsendable.map(({ index, id }) => [index, id])).toEqual([
      [1, 'run-1'],
      [2, 'run-2'],
    ])
    expect(batches[0]?.unsendable[0]?.why).toMatch(/BigInt/)
  })

  it('do not gather what cannot be sent without end', async () => {
    const batches = await all(Array.from({ length: 10 }, () => ({ amount: 1n })))
    expect(batches.map(({ unsendable }) => unsendable.length)).toEqual([3, 3, 3, 1])
  })

  it('read no more than is asked for', async () => {
    let read = 0
    const endless = (function* () {
      for (;;) yield { amount: read++ }
    })()
    const batches = batchesOf(endless, { runId: 'r', count: 10, bytes: 1e6 })
    await batches.next()
    expect(read).toBeLessThanOrEqual(11)
    await batches.return(undefined)
    expect(endless.next().done).toBe(true)
  })
})
