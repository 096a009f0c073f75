import { isDeepStrictEqual } from 'node:util'
import { loadtestError } from './errors.ts'
import type { LoadResult } from './result.ts'

/** One figure of two runs. */
export interface ComparedRow {
  /** `latency.p99`, `rate`, `errors`. */
  readonly name: string
  readonly unit: 'ms' | '/s' | '%' | ''
  /** Null where there are no samples. */
  readonly old: number | null
  readonly new: number | null
  /** In percent of the old one; of shares, the difference in points. Null where that says nothing. */
  readonly change: number | null
  /** Which way is better; null for what is neither, such as a number of tokens. */
  readonly better: 'lower' | 'higher' | null
  /** Too few samples in one of them. */
  readonly uncertain: boolean
}

const STATISTICS = ['p50', 'p95', 'p99', 'mean'] as const

/**
 * Puts two runs of the same plan side by side.
 * @throws AgentctlError LOADTEST_NOT_COMPARABLE that names the first setting that differs
 */
export function compareResults(old: LoadResult, now: LoadResult): ComparedRow[] {
  refuseOthers(old, now)
  const names = Object.keys(now.series).filter((name) => name in old.series)
  return [
    rowOf('rate', '/s', old.rate, now.rate, 'higher'),
    rowOf('errors', '%', errorsOf(old), errorsOf(now), 'lower'),
    ...names.flatMap((name) => seriesRows(name, old, now)),
    ...Object.keys(now.counters)
      .filter((name) => name in old.counters)
      .map((name) => rowOf(name, '', old.counters[name] ?? null, now.counters[name] ?? null, null)),
  ]
}

function refuseOthers(old: LoadResult, now: LoadResult): void {
  const at = firstDifference(old.plan, now.plan, '')
  if (!at) return
  const [path, before, after] = at
  const detail = `${path} was ${show(before)} in the earlier run, and is ${show(after)} now`
  throw loadtestError('LOADTEST_NOT_COMPARABLE', detail, { field: path })
}

type Difference = [path: string, before: unknown, after: unknown]

function firstDifference(before: unknown, after: unknown, path: string): Difference | undefined {
  if (isDeepStrictEqual(before, after)) return undefined
  if (!isObject(before) || !isObject(after)) return [path, before, after]
  for (const key of new Set([...Object.keys(before), ...Object.keys(after)])) {
    const found = firstDifference(before[key], after[key], path === '' ? key : `${path}.${key}`)
    if (found) return found
  }
  return undefined
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function show(value: unknown): string {
  const text = value === undefined ? 'not set' : JSON.stringify(value)
  return text.length > 60 ? `${text.slice(0, 59)}…` : text
}

function seriesRows(name: string, old: LoadResult, now: LoadResult): ComparedRow[] {
  const [before, after] = [old.series[name], now.series[name]]
  return STATISTICS.map((statistic) => {
    const value = (series: typeof before) => (series && series.count > 0 ? series[statistic] : null)
    const uncertain = [before, after].some((series) => series?.uncertain.includes(statistic))
    return { ...rowOf(`${name}.${statistic}`, 'ms', value(before), value(after), 'lower'), uncertain }
  })
}

function rowOf(
  name: string,
  unit: ComparedRow['unit'],
  old: number | null,
  now: number | null,
  better: ComparedRow['better'],
): ComparedRow {
  return { name, unit, old, new: now, change: changeOf(unit, old, now), better, uncertain: false }
}

function changeOf(unit: ComparedRow['unit'], old: number | null, now: number | null): number | null {
  if (old === null || now === null) return null
  if (unit === '%') return now - old
  return old === 0 ? (now === 0 ? 0 : null) : ((now - old) / old) * 100
}

/** In percent of all; null when there were none. */
function errorsOf({ total, succeeded }: LoadResult): number | null {
  return total === 0 ? null : ((total - succeeded) / total) * 100
}
