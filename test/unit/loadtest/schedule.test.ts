import { describe, expect, it } from 'vitest'
import { createSchedule, type Due } from '../../../src/runtime/loadtest/engine/schedule.ts'
import type { OpenLoad } from '../../../src/runtime/loadtest/plan.ts'

const load = (more: Partial<OpenLoad> = {}): OpenLoad => ({
  kind: 'open',
  rate: 200,
  arrivals: 'constant',
  duration: 10_000,
  ramp: 0,
  concurrency: null,
  ...more,
})

function all(each: OpenLoad, { warmup = 0, seed = 1, thread = 0, threads = 1 } = {}): Due[] {
  const schedule = createSchedule({ load: each, warmup, seed, thread, threads })
  const found: Due[] = []
  for (let due = schedule.next(); due; due = schedule.next()) found.push(due)
  return found
}

function ofAllThreads(each: OpenLoad, threads: number, warmup = 0): Due[] {
  return Array.from({ length: threads }, (_, thread) => all(each, { warmup, thread, threads })).flat()
}

describe('constant arrivals', () => {
  it('are exact, also after a day', () => {
    const rate = 7
    const schedule = createSchedule({
      load: load({ rate, duration: 86_400_000 }),
      warmup: 0,
      seed: 1,
      thread: 0,
      threads: 1,
    })
    let last: Due | undefined
    for (let due = schedule.next(); due; due = schedule.next()) last = due
    expect(last?.index).toBe(7 * 86_400 - 1)
    expect(last?.at).toBeCloseTo((7 * 86_400 - 1) / 0.007, 6)
  })

  it('are as many as rate and duration say, whatever the rate', () => {
    for (const rate of [0.5, 1, 3, 7, 33.3, 99.9, 200, 1_000, 12_345]) {
      expect(all(load({ rate, duration: 2_000 })), `${rate}/s`).toHaveLength(Math.ceil(rate * 2 - 1e-6))
    }
  })

  it('are divided over threads without loss: each takes its turn', () => {
    for (const threads of [2, 3, 7]) {
      const whole = all(load(), { warmup: 1_015 })
      const parts = ofAllThreads(load(), threads, 1_015).sort((a, b) => a.index - b.index)
      expect(parts).toEqual(whole)
      const first = all(load(), { thread: 1, threads })
      expect(first.slice(0, 3).map(({ index }) => index)).toEqual([1, 1 + threads, 1 + 2 * threads])
    }
  })

  it('begin anew when measuring begins', () => {
    const dues = all(load({ duration: 1_000 }), { warmup: 997 })
    expect(dues.filter(({ measured }) => !measured)).toHaveLength(200)
    const measured = dues.filter((due) => due.measured)
    expect(measured.map(({ at }) => at).slice(0, 3)).toEqual([997, 1_002, 1_007])
    expect(measured).toHaveLength(200)
    expect(dues.map(({ index }) => index)).toEqual(dues.map((_, i) => i))
  })

  it('rise to their rate in the ramp', () => {
    const dues = all(load({ rate: 100, ramp: 4_000, duration: 10_000 }))
    const between = (from: number, to: number) => dues.filter(({ at }) => at >= from && at < to).length
    // The area below the rate: 0 → 25 → 50 → 75 → 100 a second.
    expect([between(0, 1_000), between(1_000, 2_000), between(2_000, 3_000)]).toEqual([13, 37, 63])
    expect(between(4_000, 5_000)).toBe(100)
    expect(dues).toHaveLength(800)
    expect(dues.every(({ at }, i) => i === 0 || at > (dues[i - 1] as Due).at)).toBe(true)
  })

  it('never reach it in a ramp that is longer than the run', () => {
    expect(all(load({ rate: 100, ramp: 20_000, duration: 10_000 }))).toHaveLength(250)
  })
})

describe('Poisson arrivals', () => {
  const poisson = (more: Partial<OpenLoad> = {}) => load({ arrivals: 'poisson', duration: 100_000, ...more })

  it('depend on the seed alone', () => {
    expect(all(poisson())).toEqual(all(poisson()))
    expect(all(poisson(), { seed: 2 })).not.toEqual(all(poisson()))
  })

  it('have the mean and the deviation of the exponential distribution, in one thread as in four', () => {
    for (const threads of [1, 4]) {
      const times = ofAllThreads(poisson(), threads)
        .map(({ at }) => at)
        .sort((a, b) => a - b)
      const gaps = times.map((at, i) => at - (times[i - 1] ?? 0))
      const mean = gaps.reduce((sum, gap) => sum + gap, 0) / gaps.length
      const variance = gaps.reduce((sum, gap) => sum + (gap - mean) ** 2, 0) / gaps.length
      expect(mean).toBeGreaterThan(4.85)
      expect(mean).toBeLessThan(5.15)
      expect(Math.sqrt(variance) / mean).toBeGreaterThan(0.95)
      expect(Math.sqrt(variance) / mean).toBeLessThan(1.05)
    }
  })

  it('have an index each', () => {
    const dues = ofAllThreads(poisson({ duration: 5_000 }), 3, 1_000)
    expect(new Set(dues.map(({ index }) => index)).size).toBe(dues.length)
  })

  it('follow the ramp', () => {
    const dues = all(poisson({ rate: 1_000, ramp: 50_000 }))
    const inRamp = dues.filter(({ at }) => at < 50_000).length
    expect(inRamp).toBeGreaterThan(24_000)
    expect(inRamp).toBeLessThan(26_000)
    expect(dues.filter(({ at }) => at < 5_000).length).toBeLessThan(400)
  })
})
