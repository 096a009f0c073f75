import { beforeEach, describe, expect, it } from 'vitest'
import { createRetryBudget, type RetryOptions, retry } from '../../../src/runtime/resilience/index.ts'
import { createFakeClock, type FakeClock } from '../../support/fake-clock.ts'

let clock: FakeClock
let pauses: number[]

beforeEach(() => {
  clock = createFakeClock()
  pauses = []
})

const options = (more: Partial<RetryOptions> = {}): RetryOptions => ({
  clock,
  random: () => 1,
  attempts: 4,
  base: 100,
  cap: 300,
  shouldRetry: () => true,
  onRetry: (_, pause) => pauses.push(pause),
  ...more,
})

/** Work that fails so many times; counts its tries. */
function failing(
  times: number,
  error: (attempt: number) => unknown = (attempt) => new Error(`try ${attempt}`),
) {
  const work = async (attempt: number) => {
    work.tries = attempt
    if (attempt <= times) throw error(attempt)
    return 'done'
  }
  work.tries = 0
  return work
}

describe('retry', () => {
  it('tries again until it succeeds, with pauses that double up to the cap', async () => {
    const work = failing(3)
    expect(await clock.until(retry(work, options()))).toBe('done')
    expect(pauses).toEqual([100, 200, 300])
    expect(clock.now()).toBe(600)
  })

  it('takes any pause from nothing to the longest: full jitter', async () => {
    await clock.until(retry(failing(3), options({ random: () => 0.1 })))
    expect(pauses).toEqual([10, 20, 30])
  })

  it('gives up with the last error after so many tries', async () => {
    await expect(clock.until(retry(failing(9), options()))).rejects.toThrow('try 4')
  })

  it('does not repeat what cannot help', async () => {
    const work = failing(9)
    await expect(retry(work, options({ shouldRetry: () => false }))).rejects.toThrow('try 1')
    expect(work.tries).toBe(1)
  })

  it('gives up at once when the pause would outlast the deadline', async () => {
    const work = failing(9)
    await expect(clock.until(retry(work, options({ deadline: 250 })))).rejects.toThrow('try 2')
    expect(clock.now()).toBe(100)
    expect(clock.pending).toBe(0)
  })

  it('waits as long as it is asked to, and a little more', async () => {
    await clock.until(retry(failing(1), options({ retryAfterOf: () => 5_000, random: () => 0.5 })))
    expect(pauses).toEqual([5_050])
  })

  it('gives up at once when it is asked to wait longer than its patience', async () => {
    const work = failing(1)
    await expect(retry(work, options({ retryAfterOf: () => 60_001 }))).rejects.toThrow('try 1')
    expect(work.tries).toBe(1)
  })

  it('ends with the reason of the signal, also while it waits', async () => {
    const controller = new AbortController()
    const reason = new Error('gone')
    const done = retry(failing(9), options({ signal: controller.signal }))
    await clock.advance(50)
    controller.abort(reason)
    await expect(done).rejects.toBe(reason)
    expect(clock.pending).toBe(0)
  })
})

describe('a retry budget', () => {
  it('allows one retry for ten requests once its floor is used up, however many fail', async () => {
    const budget = createRetryBudget({ clock, floor: 5 })
    let retries = 0
    const shared = options({ budget, base: 0, onRetry: () => retries++ })
    for (let i = 0; i < 1_000; i++) await clock.until(retry(failing(9), shared).catch(() => {}))
    expect(retries).toBeGreaterThanOrEqual(100)
    expect(retries).toBeLessThanOrEqual(105)
  })

  it('gives a quiet client its floor back with time, and no more than that', async () => {
    const budget = createRetryBudget({ clock, floor: 3 })
    const drain = () => {
      let count = 0
      while (budget.withdraw()) count++
      return count
    }
    expect(drain()).toBe(3)
    await clock.advance(2_000)
    expect(drain()).toBe(2)
    await clock.advance(3_600_000)
    expect(drain()).toBe(3)
  })

  it('saves up no more than its most', () => {
    const budget = createRetryBudget({ clock, most: 8 })
    for (let i = 0; i < 1_000; i++) budget.deposit()
    let count = 0
    while (budget.withdraw()) count++
    expect(count).toBe(8)
  })
})
