import type { SeriesResult } from '../../runtime/loadtest/index.ts'
import { cell, flow, type Line, part } from '../dash/parts.ts'
import { milliseconds } from '../format/duration.ts'
import { fit, widthOf } from '../format/fit.ts'
import { type BoundsOf, distribute, flatBar, uprightBars } from './chart.ts'
import { LABEL, label } from './label.ts'

const PERCENTILES = [
  ['p50', 'p50'],
  ['p90', 'p90'],
  ['p95', 'p95'],
  ['p99', 'p99'],
  ['p99.9', 'p999'],
  ['max', 'max'],
] as const

/** A bar for each percentile. */
export function percentileLines(latency: SeriesResult, width: number): Line[] {
  if (latency.count === 0) return [[label('Latency'), part('no request has succeeded yet', 'dim')]]
  const room = Math.max(0, Math.min(60, width - LABEL - 30))
  return PERCENTILES.map(([title, key], index) => {
    const unsure = latency.uncertain.includes(key)
    return [
      label(index === 0 ? 'Latency' : ''),
      cell(title, 6),
      cell(milliseconds(latency[key]), 9, 'right', unsure ? 'dim' : undefined),
      part('  '),
      part(flatBar(latency[key] / latency.max, room), 'accent'),
      part(unsure ? ' few samples' : '', 'dim'),
    ]
  })
}

/** All in one line, or in few. */
export function shortPercentiles(latency: SeriesResult, width: number): Line[] {
  const things = PERCENTILES.map(([title, key]) => [
    part(`${title} `, 'dim'),
    part(milliseconds(latency[key])),
  ])
  return flow(things, width - LABEL).map((line, index) => [label(index === 0 ? 'Latency' : ''), ...line])
}

/** Lines of bars, at least and at most. */
const CHART = { least: 2, most: 8 }

/** All latencies as a chart of at most `height` lines, with its axis; none where there is no room for one. */
export function histogramLines(
  latency: SeriesResult,
  boundsOf: BoundsOf,
  width: number,
  height: number,
): Line[] {
  const columns = Math.min(100, width - LABEL)
  const tall = Math.min(CHART.most, height - 1)
  if (columns < 20 || tall < CHART.least) return []
  const spread = distribute(latency.histogram, boundsOf, columns)
  if (spread === null) return []
  const bars = uprightBars(spread.counts, tall)
  const axis: Line = [label(''), part(axisOf(spread.from, spread.to, columns), 'dim')]
  return [
    ...bars.map((bar, index): Line => [label(index === 0 ? 'Histogram' : ''), part(bar, 'accent')]),
    axis,
  ]
}

/** Its beginning, its middle and its end. */
function axisOf(from: number, to: number, columns: number): string {
  const [left, middle, right] = [from, Math.sqrt(from * to), to].map((value) => milliseconds(value))
  if (from === to) return fit(' '.repeat(Math.floor(columns / 2)) + left, columns)
  const half = Math.floor(columns / 2)
  const start = Math.max(0, half - Math.floor(widthOf(middle ?? '') / 2))
  const head = fit(fit(left ?? '', start) + middle, columns - widthOf(right ?? ''))
  return `${head}${right}`
}
