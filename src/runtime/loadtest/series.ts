import type { Histogram } from './histogram.ts'
import type { SeriesResult } from './result.ts'

/** Samples below which a percentile says little. */
const FEW = { p99: 1_000, p999: 10_000 } as const

/** What is told of a series; without samples all of it is 0. */
export function seriesOf(title: string, histogram: Histogram): SeriesResult {
  const count = histogram.count
  const at = (q: number): number => (count === 0 ? 0 : histogram.percentile(q))
  return {
    title,
    count,
    min: count === 0 ? 0 : histogram.min,
    mean: count === 0 ? 0 : histogram.mean,
    stddev: count === 0 ? 0 : histogram.stddev,
    max: count === 0 ? 0 : histogram.max,
    p50: at(0.5),
    p90: at(0.9),
    p95: at(0.95),
    p99: at(0.99),
    p999: at(0.999),
    uncertain: Object.entries(FEW).flatMap(([name, least]) => (count < least ? [name] : [])),
    histogram: histogram.sparse(),
  }
}
