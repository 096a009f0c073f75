import { describe, expect, it } from 'vitest'
import { distribute, flatBar, uprightBars } from '../../../../src/ui/loadtest/chart.ts'
import { boundsOf } from '../../../support/load-progress.ts'

describe('histogram', () => {
  it('keeps every count, on a logarithmic axis', () => {
    const spread = distribute(
      [
        [0, 5],
        [9, 7],
        [99, 11],
        [50, 0],
      ],
      boundsOf,
      10,
    )
    expect(spread?.counts.reduce((sum, count) => sum + count, 0)).toBe(23)
    expect(spread?.from).toBe(0.5)
    expect(spread?.to).toBe(99.5)
    // ln(9.5 / 0.5) / ln(99.5 / 0.5) = 0.556
    expect(spread?.counts).toEqual([5, 0, 0, 0, 0, 7, 0, 0, 0, 11])
  })

  it('has an open bucket, a single one, and none', () => {
    const open = distribute(
      [
        [1, 2],
        [2, 3],
      ],
      (index) => [index, Number.POSITIVE_INFINITY],
      4,
    )
    expect(open?.counts).toEqual([2, 0, 0, 3])
    expect(distribute([[5, 9]], boundsOf, 5)?.counts).toEqual([0, 0, 9, 0, 0])
    expect(distribute([], boundsOf, 5)).toBeNull()
    expect(distribute([[5, 0]], boundsOf, 5)).toBeNull()
  })

  it('takes many buckets', () => {
    const buckets = Array.from({ length: 200_000 }, (_, index): [number, number] => [index, 1])
    expect(distribute(buckets, boundsOf, 80)?.counts.reduce((sum, count) => sum + count, 0)).toBe(200_000)
  })
})

describe('bars', () => {
  it('are as high as their share, and seen above zero', () => {
    expect(uprightBars([0, 1, 8, 16], 2, '▁▂▃▄▅▆▇█')).toEqual(['   █', ' ▁██'])
    expect(uprightBars([0, 1, 1_000_000], 2, '▁▂▃▄▅▆▇█')).toEqual(['  █', ' ▁█'])
    expect(uprightBars([0, 0], 2)).toEqual(['  ', '  '])
  })

  it('are as long as their share', () => {
    expect([0, 0.001, 0.5, 1, 2, Number.NaN].map((share) => flatBar(share, 10).length)).toEqual([
      0, 1, 5, 10, 10, 0,
    ])
    expect(flatBar(0.5, 0)).toBe('')
  })
})
