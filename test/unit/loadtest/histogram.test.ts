import { describe, expect, it } from 'vitest'
import { createRandom } from '../../../src/runtime/loadtest/engine/random.ts'
import {
  BUCKETS,
  boundsOf,
  createHistogram,
  HISTOGRAM_BYTES,
  histogramOn,
  percentileOfSparse,
} from '../../../src/runtime/loadtest/histogram.ts'

const QUANTILES = [0.001, 0.1, 0.5, 0.9, 0.95, 0.99, 0.999, 1]

/** Nearest rank. */
function exact(sorted: Float64Array, q: number): number {
  return sorted[Math.min(sorted.length, Math.max(1, Math.ceil(q * sorted.length - 1e-9))) - 1] as number
}

/** Durations over nine powers of ten, most of them near the lower end of their own. */
function durations(seed: number, count: number): Float64Array {
  const random = createRandom(seed)
  return Float64Array.from({ length: count }, () => 10 ** (random() * 9 - 3) * (0.1 + random()))
}

describe('histogram', () => {
  it('knows percentiles to 0.05 % or half a microsecond', () => {
    for (let seed = 1; seed <= 20; seed++) {
      const values = durations(seed, 5_000).map((each) => Math.min(each, 4_000_000))
      const histogram = createHistogram()
      for (const value of values) histogram.record(value)
      const sorted = values.toSorted()
      for (const q of QUANTILES) {
        const truth = exact(sorted, q)
        const error = Math.abs(histogram.percentile(q) - truth)
        expect(error, `seed ${seed}, q ${q}, ${truth} ms`).toBeLessThanOrEqual(
          Math.max(0.0005001, truth * 0.0005),
        )
      }
    }
  })

  it('knows count, extremes, mean and deviation exactly', () => {
    const values = durations(7, 2_000)
    const histogram = createHistogram()
    for (const value of values) histogram.record(value)
    const mean = values.reduce((sum, each) => sum + each, 0) / values.length
    const variance = values.reduce((sum, each) => sum + (each - mean) ** 2, 0) / values.length
    expect(histogram.count).toBe(2_000)
    expect(histogram.min).toBe(Math.min(...values))
    expect(histogram.max).toBe(Math.max(...values))
    expect(histogram.mean / mean).toBeCloseTo(1, 10)
    expect(histogram.stddev / Math.sqrt(variance)).toBeCloseTo(1, 8)
  })

  it('puts every duration in the bucket whose bounds hold it', () => {
    const random = createRandom(3)
    for (let i = 0; i < 20_000; i++) {
      const histogram = createHistogramOnce()
      const value = 10 ** (random() * 10 - 4)
      histogram.record(value)
      const [[index] = [-1]] = histogram.sparse()
      const [from, to] = boundsOf(index as number)
      expect(value).toBeGreaterThanOrEqual(from - 1e-9)
      expect(value).toBeLessThanOrEqual(to + 1e-9)
    }
  })

  it('has buckets without gaps or overlaps', () => {
    for (let i = 1; i < BUCKETS; i++) expect(boundsOf(i)[0], `bucket ${i}`).toBe(boundsOf(i - 1)[1])
    expect(boundsOf(0)[0]).toBe(0)
    expect(boundsOf(BUCKETS - 1)[1]).toBe(Number.POSITIVE_INFINITY)
  })

  it('counts what is longer than its range, and knows how long it was at most', () => {
    const histogram = createHistogram()
    histogram.record(1)
    histogram.record(10 * 3_600_000)
    expect(histogram.count).toBe(2)
    expect(histogram.sparse()).toEqual([
      [1_000, 1],
      [BUCKETS - 1, 1],
    ])
    expect(histogram.max).toBe(36_000_000)
    expect(histogram.percentile(1)).toBe(36_000_000)
  })

  it('takes durations below zero and what is no number for zero', () => {
    const histogram = createHistogram()
    for (const value of [-5, 0, Number.NaN]) histogram.record(value)
    expect(histogram.sparse()).toEqual([[0, 3]])
    expect(histogram.mean).toBe(0)
  })

  it('has no percentiles while it is empty', () => {
    const histogram = createHistogram()
    for (const value of [histogram.percentile(0.5), histogram.min, histogram.max, histogram.mean]) {
      expect(value).toBeNaN()
    }
  })

  it('sums up to the same as one that has counted everything', () => {
    const values = durations(11, 3_000)
    const whole = createHistogram()
    const parts = [createHistogram(), createHistogram(), createHistogram()]
    values.forEach((value, i) => {
      whole.record(value)
      parts[i % 2]?.record(value) // the third stays empty
    })
    const sum = createHistogram()
    for (const part of parts) sum.add(part)
    expect(sum.sparse()).toEqual(whole.sparse())
    expect([sum.count, sum.min, sum.max]).toEqual([whole.count, whole.min, whole.max])
    expect(sum.mean).toBeCloseTo(whole.mean, 6)
  })

  it('has the same percentiles in its sparse form', () => {
    const histogram = createHistogram()
    for (const value of durations(5, 1_000)) histogram.record(value)
    const sparse = JSON.parse(JSON.stringify(histogram.sparse())) as [number, number][]
    for (const q of QUANTILES.filter((each) => each > 0.001 && each < 1)) {
      expect(percentileOfSparse(sparse, q)).toBe(histogram.percentile(q))
    }
    expect(percentileOfSparse([], 0.5)).toBeNaN()
  })

  it('is seen by whoever shares its memory, and is small', () => {
    const memory = new SharedArrayBuffer(HISTOGRAM_BYTES)
    histogramOn(memory).record(12.5)
    expect(histogramOn(memory).percentile(0.5)).toBe(12.5)
    expect(HISTOGRAM_BYTES).toBeLessThan(100_000)
  })
})

const once = createHistogram()

function createHistogramOnce() {
  once.clear()
  return once
}
