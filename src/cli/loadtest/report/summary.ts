import type { LoadResult } from '../../../runtime/loadtest/index.ts'
import { RULE } from './heading.ts'
import { millis, percent, seconds } from './numbers.ts'

/** Columns of the names, with the spaces behind them. */
const WIDTH = 19
const LATENCY = [
  ['Min', 'min'],
  ['P50 (Median)', 'p50'],
  ['P95', 'p95'],
  ['P99', 'p99'],
  ['Max', 'max'],
  ['Average', 'mean'],
] as const

/** The figures that everybody asks for. */
export function summaryLines(result: LoadResult): string[] {
  const { total, succeeded, failed, unfinished, unsent, rate } = result
  const share = (count: number) => `${count} (${percent(count, total)})`
  return [
    RULE,
    'Load Test Results',
    RULE,
    line('Total Duration', seconds(result.elapsed_ms)),
    line('Total Requests', String(total)),
    line('Successful', share(succeeded)),
    line('Failed', share(failed)),
    ...(unfinished > 0 ? [line('Unfinished', share(unfinished))] : []),
    ...(unsent > 0 ? [line('Never sent', share(unsent))] : []),
    '',
    ...latencyLines(result),
    '',
    line('Throughput', `${rate.toFixed(2)} req/s`),
    RULE,
  ]
}

function latencyLines({ series }: LoadResult): string[] {
  const { latency } = series
  if (latency === undefined || latency.count === 0)
    return ['Latency Statistics (ms):', '  No request has succeeded.']
  return [
    'Latency Statistics (ms):',
    ...LATENCY.map(([name, key]) => line(`  ${name}`, millis(latency[key]))),
  ]
}

const line = (name: string, value: string) => `${`${name}:`.padEnd(WIDTH)}${value}`
