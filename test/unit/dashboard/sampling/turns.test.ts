import { describe, expect, it } from 'vitest'
import { nextCount, pauseAfter } from '../../../../src/runtime/dashboard/sampling/scan.ts'
import { chooseDue, createTurns, nextBudget } from '../../../../src/runtime/dashboard/sampling/turns.ts'

const names = (count: number) => Array.from({ length: count }, (_, i) => `s${i}`)

describe('taking turns', () => {
  it('takes all where there is room for all', () => {
    expect(createTurns(new Set(names(5))).take(5)).toEqual(names(5))
  })

  it('comes to everybody, although some change all the time', () => {
    const all = new Set(names(1_000))
    const turns = createTurns(all)
    const busy = names(80)
    const seen = new Map<string, number>()
    for (let round = 0; round < 20; round++) {
      for (const name of busy) turns.settle(name, true)
      const taken = turns.take(100)
      expect(new Set(taken).size).toBe(100)
      for (const name of taken) seen.set(name, (seen.get(name) ?? 0) + 1)
    }
    expect(seen.size).toBeGreaterThan(700)
    for (let round = 0; round < 15; round++) for (const name of turns.take(100)) seen.set(name, 1)
    expect(seen.size).toBe(1_000)
  })

  it('prefers those that changed last, until they have been quiet for a while', () => {
    const turns = createTurns(new Set(names(1_000)))
    turns.settle('s500', true)
    for (let look = 0; look < 3; look++) {
      expect(turns.take(10)).toContain('s500')
      turns.settle('s500', false)
    }
    expect(turns.take(10)).not.toContain('s500')
  })

  it('forgets those that are gone', () => {
    const all = new Set(names(100))
    const turns = createTurns(all)
    turns.settle('s7', true)
    turns.take(10)
    for (const name of names(95)) {
      all.delete(name)
      turns.drop(name)
    }
    expect(turns.take(4).every((name) => all.has(name))).toBe(true)
    all.clear()
    expect(turns.take(4)).toEqual([])
  })
})

describe('the budget of a sample', () => {
  it('shrinks when looking took long, by half at most, and never below what makes sense', () => {
    expect(nextBudget(500, 500, 16)).toBe(375)
    expect(nextBudget(500, 500, 500)).toBe(250)
    expect(nextBudget(110, 110, 500)).toBe(100)
  })

  it('grows again, up to its limit', () => {
    expect(nextBudget(200, 200, 3)).toBe(250)
    expect(nextBudget(450, 450, 3)).toBe(500)
  })

  it('stays where fewer were there than allowed, unless these took long', () => {
    expect(nextBudget(300, 40, 1)).toBe(300)
    expect(nextBudget(500, 400, 24)).toBe(200)
  })
})

describe('what is asked now and then', () => {
  const all = [
    { name: 'a', asked: 3, cost: 1 },
    { name: 'b', asked: undefined, cost: 1 },
    { name: 'c', asked: 1, cost: 50 },
    { name: 'd', asked: 2, cost: 1 },
  ]
  const chosen = (share: number, budget: number) => chooseDue(all, share, budget).map(({ name }) => name)

  it('is what has waited longest', () => {
    expect(chosen(2, 1_000)).toEqual(['b', 'c'])
    expect(chosen(9, 1_000)).toEqual(['b', 'c', 'd', 'a'])
  })

  it('ends where it becomes dear, but something is asked each time', () => {
    expect(chosen(9, 10)).toEqual(['b'])
    expect(chooseDue([{ asked: 1, cost: 90 }], 9, 10)).toHaveLength(1)
    expect(chooseDue([], 9, 10)).toEqual([])
  })
})

describe('the size of a step of the scan', () => {
  it('follows from how long the last one took', () => {
    expect(nextCount(1_000, 1)).toBe(1_000)
    expect(nextCount(1_000, 0.8)).toBe(1_250)
    expect(nextCount(1_000, 0)).toBe(2_000)
    expect(nextCount(1_000, 40)).toBe(500)
    expect(nextCount(9_000, 0.1)).toBe(10_000)
    expect(nextCount(120, 40)).toBe(100)
  })

  it('rests longer, the longer a scan has taken', () => {
    expect(pauseAfter(0.3)).toBe(2_000)
    expect(pauseAfter(100)).toBe(20_000)
    expect(pauseAfter(2_000)).toBe(30_000)
  })
})
