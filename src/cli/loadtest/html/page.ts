import type { LoadResult, SeriesResult } from '../../../runtime/loadtest/index.ts'
import { addressOf } from '../load-target.ts'
import type { ComparisonRow } from '../report/comparison.ts'
import { COMPARISON_HEAD, comparisonCells } from '../report/comparison.ts'
import { loadLines, titleOf } from '../report/heading.ts'
import { doubtLines, methodLine, pacingLine } from '../report/honesty.ts'
import { counterLines } from '../report/measured.ts'
import { millis, percent, seconds } from '../report/numbers.ts'
import { thresholdText } from '../report/verdict.ts'
import { condensed } from './condensed.ts'
import { histogramChart } from './histogram-chart.ts'
import { escaped, list, section, table } from './markup.ts'
import { STYLE } from './style.ts'
import { latencyChart, rateChart } from './timeline-chart.ts'

export interface PageInput {
  result: LoadResult
  /** What has changed since an earlier run. */
  comparison?: readonly ComparisonRow[] | undefined
  /** Milliseconds of a bucket of a histogram. */
  boundsOf(index: number): [number, number]
}

/** Points of a chart over time: no more can be told apart. */
const POINTS = 400
const COLUMNS = ['min', 'p50', 'p90', 'p95', 'p99', 'p999', 'max', 'mean'] as const

/** A result as one HTML page that needs nothing else: no scripts, no fonts, no network. */
export function htmlPage({ result, comparison = [], boundsOf }: PageInput): string {
  const { plan, timeline, series, errors, thresholds } = result
  const title = titleOf(plan.scenario)
  const points = condensed(timeline, POINTS)
  const body = [
    `<h1>${escaped(title)}</h1>`,
    `<p class="about">${escaped([addressOf(plan), ...loadLines(plan.load), result.started_at].join(' · '))}</p>`,
    figures(result),
    warning(result),
    section('Thresholds', list(thresholds.map(thresholdText))),
    section(
      'Since the earlier run',
      comparison.length === 0 ? '' : table(COMPARISON_HEAD, comparison.map(comparisonCells)),
    ),
    section('Requests per second', points.length === 0 ? '' : rateKey + rateChart(points)),
    section('Latency in milliseconds', points.length === 0 ? '' : latencyKey + latencyChart(points)),
    section(
      'Distribution of latency',
      series.latency === undefined ? '' : histogramChart(series.latency, boundsOf),
    ),
    section('Measured, in milliseconds', seriesTable(Object.entries(series))),
    section('Counted', list(counterLines(result))),
    section('Errors', errorTable(errors)),
    section('How it was measured', list([methodLine(plan), ...pacingLine(result)])),
    section('Plan', `<pre>${escaped(JSON.stringify({ agentctl: result.agentctl, ...plan }, null, 2))}</pre>`),
  ]
  return `<!doctype html>\n<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>${escaped(title)}</title><style>${STYLE}</style></head><body>\n${body.filter(Boolean).join('\n')}\n</body></html>\n`
}

const rateKey = '<p class="key"><b class="good">succeeded</b> · <b class="bad">failed</b></p>'
const latencyKey = '<p class="key"><b class="p50">p50</b> · <b class="p99">p99</b></p>'

function figures({ total, succeeded, failed, rate, elapsed_ms, series }: LoadResult): string {
  const all = [
    [String(total), 'requests'],
    [percent(succeeded, total), 'succeeded'],
    [String(failed), 'failed'],
    [`${rate.toFixed(2)}/s`, 'throughput'],
    [`${millis(series.latency?.p50)} ms`, 'p50'],
    [`${millis(series.latency?.p99)} ms`, 'p99'],
    [seconds(elapsed_ms), 'duration'],
  ]
  const cells = all.map(
    ([value = '', name = '']) => `<div><b>${escaped(value)}</b><span>${name}</span></div>`,
  )
  return `<div class="figures">${cells.join('')}</div>`
}

function warning(result: LoadResult): string {
  const lines = doubtLines(result)
  return lines.length === 0
    ? ''
    : `<div class="warn">${lines.map((line) => `<div>${escaped(line.trim())}</div>`).join('')}</div>`
}

function seriesTable(series: readonly [string, SeriesResult][]): string {
  const shown = series.filter(([, { count }]) => count > 0)
  const rows = shown.map(([, one]) => [
    one.title,
    String(one.count),
    ...COLUMNS.map((key) => millis(one[key])),
  ])
  return rows.length === 0 ? '' : table(['', 'count', ...COLUMNS], rows)
}

function errorTable(errors: LoadResult['errors']): string {
  if (errors.length === 0) return ''
  return table(
    ['cause', 'count'],
    errors.map(({ cause, count }) => [cause, String(count)]),
  )
}
