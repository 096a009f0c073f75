import { describe, expect, it } from 'vitest'
import {
  highestGood,
  type LoadPlan,
  type OpenPlan,
  type RatedRun,
} from '../../../src/runtime/loadtest/index.ts'
import { findMax, sweep } from '../../../src/runtime/loadtest/many-rates.ts'
import { loadPlanOf, loadResultOf } from '../../support/load-result.ts'

const plan = loadPlanOf() as OpenPlan

/** A system that is good up to 700 requests a second, and then slow. */
async function runPlan({ load }: LoadPlan) {
  const rate = load.kind === 'open' ? load.rate : 0
  return loadResultOf([1], { thresholds: [{ expression: 'p99<1s', passed: rate <= 700, value: 1 }] })
}

const never = () => new AbortController().signal

describe('runs at many rates', () => {
  it('find the highest that holds, and tell of each', async () => {
    const told: RatedRun[] = []
    const runs = await findMax(plan, runPlan, { signal: never(), onRun: (run) => told.push(run) })
    const found = highestGood(runs) as number
    expect(found).toBeGreaterThan(700 / 1.05)
    expect(found).toBeLessThanOrEqual(700)
    expect(told).toEqual(runs)
    expect(runs[0]?.rate).toBe(200)
  })

  it('do not take a run for good that was not valid, or has measured nothing', async () => {
    const invalid = { ...loadResultOf([1]).validity, valid: false }
    for (const bad of [loadResultOf([1], { validity: invalid }), loadResultOf([])]) {
      const runs = await findMax(plan, async () => bad, { signal: never(), most: 4 })
      expect(runs.map(({ rate, passed }) => [rate, passed])).toEqual([
        [200, false],
        [100, false],
        [50, false],
        [25, false],
      ])
    }
  })

  it('are at each rate that is given', async () => {
    const runs = await sweep(plan, [100, 1_000, 500], runPlan, { signal: never() })
    expect(runs.map(({ rate, passed }) => [rate, passed])).toEqual([
      [100, true],
      [1_000, false],
      [500, true],
    ])
  })

  it('end when they are told to, without the one that was cut short', async () => {
    const stopping = new AbortController()
    const stopAtThird = async (each: LoadPlan) => {
      if (++count === 3) stopping.abort()
      return runPlan(each)
    }
    let count = 0
    expect(await findMax(plan, stopAtThird, { signal: stopping.signal })).toHaveLength(2)
    count = 2
    expect(await sweep(plan, [1, 2], stopAtThird, { signal: stopping.signal })).toHaveLength(0)
  })
})
