import { describe, expect, it } from 'vitest'
import { createBatcher } from '../../../src/runtime/platform/redis/batcher.ts'

function recording(limit: number) {
  const batches: number[][] = []
  const batcher = createBatcher<number, number>(limit, async (items) => {
    batches.push(items)
    return items.map((item) => item * 10)
  })
  return { batches, batcher }
}

describe('a batcher', () => {
  it('makes one call of all that are made in one turn, and answers each', async () => {
    const { batches, batcher } = recording(10)
    expect(await Promise.all([1, 2, 3].map((n) => batcher.add(n)))).toEqual([10, 20, 30])
    expect(batches).toEqual([[1, 2, 3]])
  })

  it('makes no call larger than the limit', async () => {
    const { batches, batcher } = recording(2)
    expect(await Promise.all([1, 2, 3, 4, 5].map((n) => batcher.add(n)))).toEqual([10, 20, 30, 40, 50])
    expect(batches).toEqual([[1, 2], [3, 4], [5]])
  })

  it('takes callers along that go on in the same turn', async () => {
    const { batches, batcher } = recording(10)
    await Promise.all([batcher.add(1), Promise.resolve().then(() => batcher.add(2))])
    expect(batches).toEqual([[1, 2]])
  })

  it('lets a single call wait for nothing', async () => {
    const { batches, batcher } = recording(10)
    const adding = batcher.add(1)
    await new Promise<void>((resolve) => process.nextTick(resolve))
    expect(batches).toEqual([[1]])
    await adding
  })

  it('fails all of a batch that fails, and goes on', async () => {
    let broken = true
    const batcher = createBatcher<number, number>(2, async (items) => {
      if (broken) throw new Error(`no ${items}`)
      return items
    })
    const results = await Promise.allSettled([1, 2, 3].map((n) => batcher.add(n)))
    expect(results.map((result) => String((result as PromiseRejectedResult).reason))).toEqual([
      'Error: no 1,2',
      'Error: no 1,2',
      'Error: no 3',
    ])
    broken = false
    expect(await batcher.add(4)).toBe(4)
  })

  it('takes along what comes later in the turn, where it is told to wait for that', async () => {
    const batches: number[][] = []
    const { add } = createBatcher<number, number>(
      10,
      async (items) => {
        batches.push(items)
        return items.map((n) => n * n)
      },
      setImmediate,
    )
    const later = new Promise<number>((resolve) => process.nextTick(() => resolve(add(2))))
    expect(await Promise.all([add(1), later, add(3)])).toEqual([1, 4, 9])
    expect(batches).toEqual([[1, 3, 2]])
  })

  it('sends what is much in parts, in either way of waiting', async () => {
    const sent: number[] = []
    const count = async (items: number[]) => {
      sent.push(items.length)
      return items
    }
    const { add } = createBatcher<number, number>(10, count, setImmediate)
    const all = Array.from({ length: 25 }, (_, i) => i)
    expect(await Promise.all(all.map(add))).toEqual(all)
    expect(sent).toEqual([10, 10, 5])
  })
})
