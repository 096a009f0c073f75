import { describe, expect, it } from 'vitest'
import { coalesce } from '../../../src/runtime/platform/queue/coalesce.ts'

describe('what comes in one turn', () => {
  it('is sent together, and each gets its own answer', async () => {
    const sent: number[][] = []
    const square = coalesce<number, number>(async (items) => {
      sent.push(items)
      return items.map((n) => n * n)
    })
    expect(await Promise.all([1, 2, 3].map(square))).toEqual([1, 4, 9])
    expect(await square(4)).toBe(16)
    expect(sent).toEqual([[1, 2, 3], [4]])
  })

  it('is sent in parts when it is much', async () => {
    const sent: number[] = []
    const send = coalesce<number, number>(async (items) => {
      sent.push(items.length)
      return items
    }, 10)
    const all = Array.from({ length: 25 }, (_, i) => i)
    expect(await Promise.all(all.map(send))).toEqual(all)
    expect(sent).toEqual([10, 10, 5])
  })

  it('fails together, and what comes next does not', async () => {
    let fails = true
    const send = coalesce<number, number>(async (items) => {
      if (fails) throw new Error('away')
      return items
    })
    const results = await Promise.allSettled([send(1), send(2)])
    expect(results.map(({ status }) => status)).toEqual(['rejected', 'rejected'])
    fails = false
    expect(await send(3)).toBe(3)
  })
})
