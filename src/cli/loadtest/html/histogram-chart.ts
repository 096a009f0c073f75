import type { SeriesResult } from '../../../runtime/loadtest/index.ts'
import { chart, heightOf, plot, roundUp, shortNumber, tick } from './scale.ts'

const BARS = 60
/** Milliseconds below which differences are of no interest. */
const LEAST = 0.01
const MARKS = ['p50', 'p95', 'p99'] as const

/** How often which latency was seen, over a logarithmic scale. @param boundsOf milliseconds of a bucket */
export function histogramChart(series: SeriesResult, boundsOf: (index: number) => [number, number]): string {
  if (series.count === 0) return ''
  const from = Math.log(Math.max(LEAST, series.min))
  const to = Math.max(Math.log(Math.max(LEAST, series.max)), from + 0.01)
  const place = (ms: number) => Math.min(1, Math.max(0, (Math.log(Math.max(LEAST, ms)) - from) / (to - from)))
  const counts = new Array<number>(BARS).fill(0)
  for (const [index, count] of series.histogram) {
    const [low, high] = boundsOf(index)
    const middle = Number.isFinite(high) ? (low + high) / 2 : low
    const at = Math.min(BARS - 1, Math.floor(place(middle) * BARS))
    counts[at] = (counts[at] ?? 0) + count
  }
  const most = roundUp(Math.max(...counts))
  const xOf = (share: number) => plot.left + share * plot.width
  const ends = [
    tick(plot.left + 14, `${shortNumber(series.min)} ms`),
    tick(plot.right - 24, `${shortNumber(series.max)} ms`),
  ]
  const marks = MARKS.map((key) => mark(key, xOf(place(series[key]))))
  return chart('Latency distribution', most, [...bars(counts, most), ...marks].join(''), ends.join(''))
}

function bars(counts: readonly number[], most: number): string[] {
  const width = plot.width / BARS
  return counts.map((count, i) => {
    if (count === 0) return ''
    const top = heightOf(count, most)
    return `<rect class="good" x="${(plot.left + i * width).toFixed(1)}" y="${top.toFixed(1)}" width="${(width - 1).toFixed(1)}" height="${(plot.bottom - top).toFixed(1)}"/>`
  })
}

function mark(name: string, x: number): string {
  return `<line class="mark" x1="${x.toFixed(1)}" x2="${x.toFixed(1)}" y1="${plot.top}" y2="${plot.bottom}"/><text class="mark" x="${(x + 3).toFixed(1)}" y="${plot.top + 8}">${name}</text>`
}
