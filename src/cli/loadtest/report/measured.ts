import type { LoadResult, SeriesResult } from '../../../runtime/loadtest/index.ts'
import { renderTable } from '../../table.ts'
import { millis, percent } from './numbers.ts'

const COLUMNS = [
  { title: 'measured (ms)', value: ([, { title }]: [string, SeriesResult]) => title },
  { title: 'name', value: ([name]: [string, SeriesResult]) => name },
  {
    title: 'count',
    value: ([, { count }]: [string, SeriesResult]) => String(count),
    align: 'right' as const,
  },
  ...(['p50', 'p95', 'p99', 'max', 'mean'] as const).map((key) => ({
    title: key,
    value: ([, series]: [string, SeriesResult]) => millis(series[key]),
    align: 'right' as const,
  })),
]

/** Everything but the latency, which the summary has, in the order of the scenario. */
export function seriesLines({ series }: LoadResult): string[] {
  const rows = Object.entries(series).filter(([name, { count }]) => name !== 'latency' && count > 0)
  return rows.length === 0 ? [] : [renderTable(rows, COLUMNS)]
}

const CACHE = 'cached_'

/** What was added up: "Tokens: 1000", and how many answers came from which cache. */
export function counterLines({ counters, succeeded }: LoadResult): string[] {
  const found = Object.entries(counters).filter(([, count]) => count > 0)
  const cached = found.filter(([name]) => name.startsWith(CACHE))
  const others = found.filter(([name]) => !name.startsWith(CACHE))
  return [
    ...(others.length === 0 ? [] : [others.map(([name, count]) => `${words(name)}: ${count}`).join('   ')]),
    ...cached.map(
      ([name, count]) =>
        `From the cache, ${words(name.slice(CACHE.length))}: ${count} of ${succeeded} (${percent(count, succeeded)})`,
    ),
  ]
}

/** Why requests failed, the most frequent cause first. */
export function errorLines({ errors }: LoadResult): string[] {
  if (errors.length === 0) return []
  const width = String(errors[0]?.count ?? '').length
  return ['Errors:', ...errors.map(({ cause, count }) => `  ${String(count).padStart(width)}  ${cause}`)]
}

const words = (name: string) => name.replaceAll('_', ' ')
