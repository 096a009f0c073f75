import { describe, expect, it } from 'vitest'
import { createLearnedPolicy } from '../../../src/runtime/balancer/learned.ts'
import { createLeastSquares } from '../../../src/runtime/balancer/least-squares.ts'
import { mix } from '../../../src/runtime/balancer/shared-model.ts'

/** The same numbers every time, from 0 to below 1. */
function numbers() {
  let state = 7
  return () => {
    state = (state * 48_271) % 2_147_483_647
    return state / 2_147_483_647
  }
}

describe('least squares', () => {
  it('find the weights that made the observations', () => {
    const random = numbers()
    const truth = [2, -1, 0.5]
    const model = createLeastSquares([0, 0, 0], 1_000)
    for (let i = 0; i < 200; i++) {
      const features = [1, random(), 10 * random()]
      model.learn(
        features,
        features.reduce((sum, value, j) => sum + value * (truth[j] ?? 0), 0),
      )
    }
    expect(model.weights).toEqual(truth.map((weight) => expect.closeTo(weight, 3)))
  })

  it('follow weights that change', () => {
    const random = numbers()
    const model = createLeastSquares([0, 0], 1)
    const teach = (slope: number, count: number) => {
      for (let i = 0; i < count; i++) {
        const x = random()
        model.learn([1, x], slope * x)
      }
    }
    teach(1, 500)
    teach(3, 3_000)
    expect(model.weights[1]).toBeCloseTo(3, 1)
  })

  it('follow them although something else is never seen', () => {
    const random = numbers()
    const model = createLeastSquares([0, 0, 0], 1)
    const teach = (slope: number, count: number) => {
      for (let i = 0; i < count; i++) {
        const x = random()
        model.learn([1, x, 0], slope * x)
      }
    }
    teach(1, 20_000)
    teach(3, 3_000)
    expect(model.weights[1]).toBeCloseTo(3, 1)
  })

  it('stay right for a long time', () => {
    const random = numbers()
    const model = createLeastSquares([0, 0, 0], 1)
    for (let i = 0; i < 200_000; i++) {
      const [load, latency] = [Math.floor(8 * random()), 0.1 + 0.01 * random()]
      model.learn([1, load, latency], 2 * latency + 0.1 * load + 0.05 * (random() - 0.5))
    }
    expect(model.weights[1]).toBeCloseTo(0.1, 2)
    expect((model.weights[0] ?? 0) + 0.105 * (model.weights[2] ?? 0)).toBeCloseTo(0.21, 1)
  })

  it('stay calm when the same is seen for ever', () => {
    const model = createLeastSquares([0, 0], 1)
    for (let i = 0; i < 50_000; i++) model.learn([1, 2], 1)
    model.learn([1, 2.001], 1.5)
    for (const weight of model.weights) expect(Math.abs(weight)).toBeLessThan(100)
  })

  it('ignore what is no number', () => {
    const model = createLeastSquares([1, 1])
    model.learn([1, Number.NaN], 1)
    model.learn([1, 1], Number.POSITIVE_INFINITY)
    expect(model.weights).toEqual([1, 1])
  })
})

describe('the learned policy', () => {
  it('never makes requests under way, latency or failures free', () => {
    const policy = createLearnedPolicy()
    for (let i = 0; i < 500; i++)
      policy.learn?.({ load: i % 9, latency: 300, errors: (i % 3) / 10 }, 300 - 30 * (i % 9))
    for (const weight of policy.weights()) expect(weight).toBeGreaterThan(0)
  })

  it('learns what a request under way costs', () => {
    const random = numbers()
    const policy = createLearnedPolicy()
    for (let i = 0; i < 500; i++) {
      const load = Math.floor(8 * random())
      policy.learn?.({ load, latency: 200, errors: 0 }, 200 + 100 * load)
    }
    const [load, , , both] = policy.weights()
    expect(load + 200 * both).toBeCloseTo(0.1, 2)
  })

  it('counts what it has learned since it was asked', () => {
    const policy = createLearnedPolicy()
    policy.learn?.({ load: 1, latency: 1, errors: 0 }, 1)
    expect([policy.takeCount(), policy.takeCount()]).toEqual([1, 0])
  })
})

it('models are mixed by weight', () => {
  expect(mix([0, 10], [10, 10], 0.25)).toEqual([2.5, 10])
})
