import type { Second } from '../../../runtime/loadtest/index.ts'
import { chart, heightOf, plot, roundUp, tick } from './scale.ts'

/** Requests that ended in each second: those that succeeded, and on top of them those that failed. */
export function rateChart(timeline: readonly Second[]): string {
  const most = roundUp(largest(timeline, ({ succeeded, failed }) => succeeded + failed))
  const width = plot.width / Math.max(1, timeline.length)
  const bars = timeline.flatMap(({ succeeded, failed }, i) => [
    bar('good', plot.left + i * width, width, 0, succeeded, most),
    bar('bad', plot.left + i * width, width, succeeded, failed, most),
  ])
  return chart('Requests per second', most, bars.join(''), secondsBelow(timeline))
}

/** Median and 99th percentile of each second, in milliseconds. */
export function latencyChart(timeline: readonly Second[]): string {
  const most = roundUp(largest(timeline, ({ p50, p99 }) => Math.max(p50 ?? 0, p99 ?? 0)))
  const drawn = (['p99', 'p50'] as const).map((key) =>
    lines(
      key,
      timeline.map((second) => second[key]),
      most,
    ),
  )
  return chart('Latency per second', most, drawn.join(''), secondsBelow(timeline))
}

function bar(kind: string, x: number, width: number, from: number, size: number, most: number): string {
  if (size === 0) return ''
  const [top, bottom] = [heightOf(from + size, most), heightOf(from, most)]
  const shown = Math.max(0.5, width - (width > 3 ? 1 : 0))
  return `<rect class="${kind}" x="${x.toFixed(1)}" y="${top.toFixed(1)}" width="${shown.toFixed(1)}" height="${(bottom - top).toFixed(1)}"/>`
}

/** A line that is interrupted where nothing ended; a second with none beside it is a dot. */
function lines(kind: string, values: readonly (number | null)[], most: number): string {
  const step = plot.width / Math.max(1, values.length)
  const points = values.map((value, i) =>
    value === null
      ? null
      : `${(plot.left + (i + 0.5) * step).toFixed(1)} ${heightOf(value, most).toFixed(1)}`,
  )
  const path = points.map((point, i) =>
    point === null ? '' : `${(points[i - 1] ?? null) === null ? 'M' : 'L'}${point}`,
  )
  const dots = points.filter(
    (point, i) => point !== null && (points[i - 1] ?? null) === null && (points[i + 1] ?? null) === null,
  )
  const circles = dots.map((point) => {
    const [x, y] = (point as string).split(' ')
    return `<circle class="${kind}" cx="${x}" cy="${y}" r="2"/>`
  })
  return `<path class="${kind}" d="${path.join('')}"/>${circles.join('')}`
}

function largest(timeline: readonly Second[], of: (second: Second) => number): number {
  return timeline.reduce((most, second) => Math.max(most, of(second)), 0)
}

function secondsBelow(timeline: readonly Second[]): string {
  const last = (timeline.at(-1)?.second ?? 0) + 1
  return [tick(plot.left, '0 s'), tick(plot.right - 12, `${last} s`)].join('')
}
