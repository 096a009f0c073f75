import { describe, expect, it } from 'vitest'
import { highestGood, nextRate, SEARCH, type Trial } from '../../../src/runtime/loadtest/find-max.ts'

/** Searches a system that is good up to `capacity`. */
function search(capacity: number, options = SEARCH): Trial[] {
  const trials: Trial[] = []
  for (let rate = nextRate(trials, options); rate !== undefined; rate = nextRate(trials, options)) {
    trials.push({ rate, passed: rate <= capacity })
  }
  return trials
}

describe('the search for the highest good rate', () => {
  it.each([0.7, 3, 49, 50, 51, 137, 1_000, 24_680, 500_000])('finds %d within its precision', (capacity) => {
    const trials = search(capacity)
    const found = highestGood(trials)
    expect(found).toBeLessThanOrEqual(capacity)
    expect(found).toBeGreaterThanOrEqual(capacity / (1 + SEARCH.precision) - 1e-9)
    expect(trials.length).toBeLessThanOrEqual(SEARCH.most)
    expect(new Set(trials.map(({ rate }) => rate)).size).toBe(trials.length)
  })

  it('ends when nothing is good, and when everything is', () => {
    expect(highestGood(search(0))).toBeUndefined()
    expect(highestGood(search(Number.POSITIVE_INFINITY))).toBe(819_200)
  })

  it('does not trust a good trial above a bad one', () => {
    const trials = [
      { rate: 100, passed: true },
      { rate: 400, passed: true },
      { rate: 200, passed: false },
    ]
    expect(highestGood(trials)).toBe(100)
    expect(nextRate(trials, SEARCH)).toBe(141)
  })

  it('stops after so many trials', () => {
    expect(search(1_000, { ...SEARCH, most: 3 })).toHaveLength(3)
  })
})
