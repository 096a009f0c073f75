import { boundsOf } from './histogram.ts'
import type { LoadResult, SeriesResult } from './result.ts'

/** Three digits, as the buckets have, and what takes longest: whole microseconds. */
const REQUEST = { bitBucketSize: 32, numberOfSignificantValueDigits: 3 } as const

/**
 * The histograms of a result as an HdrHistogram log (version 1.3), which other programs can merge and draw: one line for each
 * series, tagged with its name, in microseconds. The maximum of each line is in milliseconds.
 */
export async function toHlog({ started_at, elapsed_ms, series, agentctl }: LoadResult): Promise<string> {
  const { build, HistogramLogWriter } = await import('hdr-histogram-js')
  const lines: string[] = []
  const writer = new HistogramLogWriter((text) => lines.push(text))
  const startedAt = Date.parse(started_at)
  writer.outputLogFormatVersion()
  writer.outputComment(`[Logged with agentctl ${agentctl}; values in microseconds]`)
  writer.outputStartTime(startedAt)
  writer.outputLegend()
  for (const [name, { histogram }] of Object.entries(series)) {
    const hdr = build(REQUEST)
    hdr.tag = name
    fill(hdr, histogram)
    writer.outputIntervalHistogram(hdr, startedAt / 1_000, (startedAt + elapsed_ms) / 1_000, 1_000)
  }
  return lines.join('')
}

function fill(
  hdr: { recordValueWithCount(value: number, count: number): void },
  histogram: SeriesResult['histogram'],
): void {
  for (const [index, count] of histogram) {
    const [from, to] = boundsOf(index)
    const middle = Number.isFinite(to) ? (from + to) / 2 : from
    hdr.recordValueWithCount(Math.round(middle * 1_000), count)
  }
}
