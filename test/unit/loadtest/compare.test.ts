import { describe, expect, it } from 'vitest'
import type { AgentctlError } from '../../../src/runtime/kernel/index.ts'
import { compareResults, type LoadPlan } from '../../../src/runtime/loadtest/index.ts'
import { loadPlanOf, loadResultOf } from '../../support/load-result.ts'

const steady = (latency: number, more = {}) =>
  loadResultOf(
    Array.from({ length: 1_000 }, () => latency),
    more,
  )

function row(rows: ReturnType<typeof compareResults>, name: string) {
  return rows.find((each) => each.name === name)
}

function refusal(plan: LoadPlan): AgentctlError {
  try {
    compareResults(steady(1), steady(1, { plan }))
  } catch (error) {
    return error as AgentctlError
  }
  throw new Error('they were compared')
}

describe('two results of one plan', () => {
  it('are put side by side, with the change in percent', () => {
    const rows = compareResults(steady(100), steady(150, { rate: 50 }))
    expect(row(rows, 'latency.p95')).toEqual({
      name: 'latency.p95',
      unit: 'ms',
      old: 100,
      new: 150,
      change: 50,
      better: 'lower',
      uncertain: false,
    })
    expect(row(rows, 'rate')).toMatchObject({ old: 100, new: 50, change: -50, better: 'higher' })
  })

  it('have shares of errors that differ by points, and counters that are neither good nor bad', () => {
    const counters = { tokens: 0 }
    const failing = steady(1, { total: 1_250, failed: 250, counters: { tokens: 5 } })
    const rows = compareResults(steady(1, { counters }), failing)
    expect(row(rows, 'errors')).toMatchObject({ old: 0, new: 20, change: 20, unit: '%', better: 'lower' })
    expect(row(rows, 'tokens')).toMatchObject({ old: 0, new: 5, change: null, better: null })
  })

  it('say where there are too few samples', () => {
    const rows = compareResults(steady(1), loadResultOf([1, 2, 3]))
    expect(row(rows, 'latency.p99')?.uncertain).toBe(true)
    expect(row(rows, 'latency.p50')?.uncertain).toBe(false)
    expect(row(compareResults(steady(1), loadResultOf([])), 'latency.p50')).toMatchObject({
      new: null,
      change: null,
    })
  })
})

describe('results of different plans', () => {
  it.each([
    [
      'load.rate',
      'was 200 in the earlier run, and is 300 now',
      { load: { ...loadPlanOf().load, rate: 300 } },
    ],
    ['load.kind', '"open"', { load: { kind: 'closed', concurrency: 5, requests: 5, duration: null } }],
    ['scenario', '"url"', { scenario: 'chat' }],
    ['options.body', 'was not set', { options: { body: 'x' } }],
    ['seed', 'was 1', { seed: 2 }],
  ])('are refused, naming %s', (path, text, more) => {
    const error = refusal(loadPlanOf(more as Partial<LoadPlan>))
    expect(error.code).toBe('LOADTEST_NOT_COMPARABLE')
    expect(error.field).toBe(path)
    expect(error.message).toContain(path)
    expect(error.message).toContain(text)
  })
})
