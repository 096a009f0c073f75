import { describe, expect, it } from 'vitest'
import { growth, merge, quantile, totalOf } from '../../../src/runtime/dashboard/metrics/buckets.ts'
import { type Buckets, createHistogramReader } from '../../../src/runtime/dashboard/metrics/parse.ts'
import { createMetrics } from '../../../src/runtime/platform/metrics/index.ts'

const buckets = (...pairs: [number, number][]): Buckets => ({
  bounds: pairs.map(([bound]) => bound),
  counts: pairs.map(([, count]) => count),
})
const parseHistograms = createHistogramReader()
const OPEN = Number.POSITIVE_INFINITY

describe('reading histograms', () => {
  it('understands what our own metrics write', async () => {
    const metrics = createMetrics('worker')
    const seconds = metrics.histogram('rag_stage_seconds', 'Time', ['stage'], [0.1, 1])
    for (const value of [0.05, 0.5, 0.5, 7]) seconds.observe({ stage: 'encoder' }, value)
    seconds.observe({ stage: 'a "b"\\\n{c}, d=e' }, 0.2)
    metrics.histogram('rag_stage_seconds_more', 'Another one').observe(1)
    const series = parseHistograms(await metrics.text(), ['agentctl_rag_stage_seconds'])
    expect(series.map(({ labels, buckets }) => ({ labels: { ...labels }, buckets }))).toEqual([
      { labels: { stage: 'encoder', role: 'worker' }, buckets: buckets([0.1, 1], [1, 3], [OPEN, 4]) },
      {
        labels: { stage: 'a "b"\\\n{c}, d=e', role: 'worker' },
        buckets: buckets([0.1, 0], [1, 1], [OPEN, 1]),
      },
    ])
  })

  it('takes labels and bounds in any order, and lines without an end', () => {
    const text = [
      '# TYPE x histogram',
      'x_bucket{route="/a",le="+Inf"} 3 1700000000000',
      'x_bucket{le="0.5", route="/a",} 2',
      'y_x_bucket{le="1"} 9',
      'x_bucket{le="1",route="/b"} 1e2',
      'x_bucket{le="+Inf",route="/b"} 100',
    ].join('\n')
    const series = parseHistograms(text, ['x'])
    expect(series.map(({ labels, buckets }) => [labels.route, buckets])).toEqual([
      ['/a', buckets([0.5, 2], [OPEN, 3])],
      ['/b', buckets([1, 100], [OPEN, 100])],
    ])
  })

  it.each([
    ['nothing', ''],
    ['no bound', 'x_bucket{route="/a"} 3'],
    ['a bound that is no number', 'x_bucket{le="many"} 3'],
    ['a count that is no number', 'x_bucket{le="1"} NaN'],
    ['no count', 'x_bucket{le="1"}'],
    ['a label without an end', 'x_bucket{le="1} 3'],
    ['labels without an end', 'x_bucket{le="1" 3\nz 4'],
    ['a page of HTML', '<html><body>x_bucket{</body></html>'],
  ])('finds nothing in %s', (_what, text) => {
    expect(parseHistograms(text, ['x'])).toEqual([])
  })

  it('knows series by their labels, whatever the names of these are', () => {
    const [one] = parseHistograms('x_bucket{__proto__="a",le="+Inf"} 3', ['x'])
    expect(Object.keys(one?.labels ?? {})).toEqual(['__proto__'])
  })
})

describe('counting with buckets', () => {
  it('takes what was added, and everything after a restart', () => {
    const before = buckets([1, 5], [OPEN, 8])
    expect(growth(before, buckets([1, 6], [OPEN, 10]))).toEqual(buckets([1, 1], [OPEN, 2]))
    expect(growth(before, buckets([1, 2], [OPEN, 3]))).toEqual(buckets([1, 2], [OPEN, 3]))
    expect(growth(undefined, before)).toEqual(before)
    expect(growth(before, buckets([2, 2], [OPEN, 9]))).toEqual(buckets([2, 2], [OPEN, 9]))
  })

  it('adds replicas up, by the bounds they share', () => {
    expect(merge(buckets([1, 5], [OPEN, 8]), buckets([1, 1], [OPEN, 2]))).toEqual(buckets([1, 6], [OPEN, 10]))
    const other = buckets([0.5, 1], [1, 2], [OPEN, 3])
    expect(merge(buckets([1, 5], [2, 6], [OPEN, 8]), other)).toEqual(buckets([1, 7], [OPEN, 11]))
    expect(totalOf(merge(other, other))).toBe(6)
  })
})

describe('quantiles', () => {
  // Worked out by hand.
  const first = buckets([0.1, 5], [0.2, 7], [1, 10], [OPEN, 12])

  it.each([
    [0, 0],
    [0.2, 0.048],
    [0.5, 0.15],
    [0.8, 0.2 + 0.8 * (2.6 / 3)],
  ])('of %d are interpolated within their bucket', (q, expected) => {
    expect(quantile(first, q)).toEqual({ value: expect.closeTo(expected, 9), open: false })
  })

  it('are at least the last bound when they lie in the open bucket', () => {
    expect(quantile(first, 0.99)).toEqual({ value: 1, open: true })
  })

  it('do not exist where nothing was counted, or where there are no bounds', () => {
    expect(quantile(buckets([1, 0], [OPEN, 0]), 0.5)).toBeUndefined()
    expect(quantile(buckets([OPEN, 5]), 0.5)).toBeUndefined()
    expect(quantile(buckets(), 0.5)).toBeUndefined()
  })

  it('pass over empty buckets', () => {
    expect(quantile(buckets([1, 0], [2, 0], [3, 10], [4, 10], [OPEN, 10]), 0.5)).toEqual({
      value: 2.5,
      open: false,
    })
    expect(quantile(buckets([1, 0], [2, 10], [OPEN, 10]), 1)).toEqual({ value: 2, open: false })
  })

  it('are close to the truth', () => {
    const bounds = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, OPEN]
    const values = Array.from({ length: 10_000 }, (_, i) => (i / 10_000) ** 2)
    const counted = { bounds, counts: bounds.map((bound) => values.filter((value) => value <= bound).length) }
    expect(quantile(counted, 0.5)?.value).toBeGreaterThan(0.2)
    expect(quantile(counted, 0.5)?.value).toBeLessThan(0.27)
    expect(quantile(counted, 0.99)?.value).toBeGreaterThan(0.95)
  })
})
