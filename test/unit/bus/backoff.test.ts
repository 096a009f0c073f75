import { describe, expect, it } from 'vitest'
import { backoffAfter } from '../../../src/runtime/bus/backoff.ts'

const BACKOFF = { min: 100, max: 1_000 }

describe('the pause before another delivery', () => {
  it('doubles with each delivery, up to the longest', () => {
    const pauses = [1, 2, 3, 4, 5, 6].map((delivery) => backoffAfter(delivery, BACKOFF, 1))
    expect(pauses).toEqual([100, 200, 400, 800, 1_000, 1_000])
  })

  it('varies by up to a quarter, so that what failed together does not come back together', () => {
    expect(backoffAfter(1, BACKOFF, 0)).toBe(75)
    expect(backoffAfter(1, BACKOFF, 0.5)).toBe(88)
    expect(backoffAfter(9, BACKOFF, 0)).toBe(750)
  })

  it('stays the longest after any number of deliveries', () => {
    expect(backoffAfter(5_000, BACKOFF, 1)).toBe(1_000)
    expect(backoffAfter(5_000, { min: 0, max: 10 }, 1)).toBe(0)
  })
})
