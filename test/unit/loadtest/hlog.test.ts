import { HistogramLogReader } from 'hdr-histogram-js'
import { describe, expect, it } from 'vitest'
import { createRandom } from '../../../src/runtime/loadtest/engine/random.ts'
import { toHlog } from '../../../src/runtime/loadtest/hlog.ts'
import { loadResultOf } from '../../support/load-result.ts'

const random = createRandom(1)
const latencies = Array.from({ length: 5_000 }, () => 10 ** (random() * 6 - 2))

describe('a log of HDR histograms', () => {
  it('is read by others, with the same percentiles', async () => {
    const result = loadResultOf(latencies)
    const first_token = loadResultOf([5, 6, 7]).series.latency as (typeof result.series)[string]
    const text = await toHlog({ ...result, series: { ...result.series, first_token } })
    const reader = new HistogramLogReader(text)
    const all = [reader.nextIntervalHistogram(), reader.nextIntervalHistogram()]
    expect(reader.nextIntervalHistogram()).toBeNull()
    const [latency, tokens] = all as unknown as {
      tag: string
      totalCount: number
      getValueAtPercentile(percent: number): number
    }[]
    expect([latency?.tag, latency?.totalCount]).toEqual(['latency', 5_000])
    expect([tokens?.tag, tokens?.totalCount]).toEqual(['first_token', 3])
    for (const [percent, ms] of [
      [50, result.series.latency?.p50],
      [99, result.series.latency?.p99],
      [99.9, result.series.latency?.p999],
    ] as [number, number][]) {
      const micros = latency?.getValueAtPercentile(percent) as number
      expect(Math.abs(micros / 1_000 / ms - 1)).toBeLessThan(0.002)
    }
  })

  it('says when it was measured, and in what', async () => {
    const lines = (await toHlog(loadResultOf([1]))).split('\n')
    expect(lines[0]).toBe('#[Histogram log format version 1.3]')
    expect(lines[1]).toContain('values in microseconds')
    expect(lines.find((line) => line.startsWith('Tag=latency'))).toMatch(
      /^Tag=latency,1714564800\.000,10\.000,1\.000,/,
    )
  })

  it('holds what is longer than the buckets reach', async () => {
    const text = await toHlog(loadResultOf([1, 36_000_000]))
    const histogram = new HistogramLogReader(text).nextIntervalHistogram()
    expect(histogram).toMatchObject({ totalCount: 2 })
  })
})
