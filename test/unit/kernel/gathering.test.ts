import { describe, expect, it } from 'vitest'
import { createGathering } from '../../../src/runtime/kernel/gathering.ts'

describe('a gathering', () => {
  it('takes along what comes while a batch is under way, one batch at a time', async () => {
    const batches: number[][] = []
    const gates: (() => void)[] = []
    const gathering = createGathering<number, number>(3, async (items) => {
      batches.push(items)
      await new Promise<void>((open) => gates.push(open))
      return items.map((item) => item * 10)
    })
    const first = gathering.add(1)
    await expect.poll(() => gates.length).toBe(1)
    const later = [2, 3, 4, 5].map((item) => gathering.add(item))
    expect(gathering.size).toBe(5)
    gates[0]?.()
    expect(await first).toBe(10)
    await expect.poll(() => gates.length).toBe(2)
    gates[1]?.()
    await expect.poll(() => gates.length).toBe(3)
    gates[2]?.()
    expect(await Promise.all(later)).toEqual([20, 30, 40, 50])
    expect(batches).toEqual([[1], [2, 3, 4], [5]])
    expect(gathering.size).toBe(0)
  })

  it('goes on with the next batch while what follows after one is awaited', async () => {
    let announce = () => {}
    const announced = new Promise<void>((resolve) => {
      announce = resolve
    })
    const seen: number[] = []
    const gathering = createGathering<number, void>(1, async (items) => {
      seen.push(...items)
      return [announced]
    })
    const all = Promise.all([gathering.add(1), gathering.add(2)])
    await expect.poll(() => seen).toEqual([1, 2])
    announce()
    await all
  })

  it('fails the items of a batch that fails, and no others', async () => {
    const gathering = createGathering<string, string>(1, async (items) => {
      if (items[0] === 'bad') throw new Error('no')
      return items
    })
    const results = await Promise.allSettled(['good', 'bad', 'fine'].map((item) => gathering.add(item)))
    expect(results.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled'])
  })
})
