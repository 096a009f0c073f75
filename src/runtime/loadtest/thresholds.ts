import { loadtestError } from './errors.ts'
import { percentileOfSparse } from './histogram.ts'
import type { LoadResult, SeriesResult, ThresholdResult } from './result.ts'

/** A condition on a result, such as `first_token.p95<1s`. */
export interface Threshold {
  /** As it was given. */
  readonly expression: string
  /** Of a percentile or the like; undefined for what is about the run. */
  readonly series: string | undefined
  /** `p99.9`, `mean`, `errors`, or the name of a counter. */
  readonly name: string
  readonly operator: Operator
  /** Milliseconds, a share from 0 to 1, or a number. */
  readonly limit: number
  readonly share: boolean
}

type Operator = '<' | '<=' | '>' | '>='

/** What a scenario measures. */
export interface Measured {
  readonly series: readonly string[]
  readonly counters: readonly string[]
}

const ONE =
  /^(?:(?<series>[a-z][a-z0-9_]*)\.)?(?<given>[a-z][a-z0-9_]*(?:\.\d+)?)\s*(?<operator><=|>=|<|>)\s*(?<number>\d+(?:\.\d+)?)\s*(?<unit>us|µs|ms|s|m|%|\/s)?$/i
const UNITS: Readonly<Record<string, number>> = { us: 0.001, µs: 0.001, ms: 1, s: 1_000, m: 60_000 }
const PERCENTILE = /^p(\d{1,2}(?:\.\d+)?|999)$/
const OF_SERIES = ['min', 'mean', 'avg', 'max', 'stddev']
const OF_RUN = ['errors', 'success', 'rate', 'count']

/**
 * Reads conditions: `p99<500ms`, `errors<1%`, `rate>100`, `first_token.p95<1s`, `success>99.9%`; several in one text are separated
 * by commas, semicolons, `&&` or blanks. Times without a unit are milliseconds.
 * @param measured when given, names are checked against it
 * @throws AgentctlError LOADTEST_THRESHOLD_INVALID that repeats the one at fault and says what is wrong with it
 */
export function parseThresholds(texts: readonly string[], measured?: Measured): Threshold[] {
  const parts = texts.flatMap(split)
  return parts.map((each) => parseOne(each, measured))
}

/** Blanks around operators and before units belong to one condition. */
function split(text: string): string[] {
  const joined = text
    .replace(/\s*(<=|>=|<|>)\s*/g, '$1')
    .replace(/(\d)\s+(us|µs|ms|s|m|%|\/s)(?![a-z0-9_.])/gi, '$1$2')
  const parts = joined.split(/\s*(?:,|;|&&|\s)\s*/).filter((part) => part !== '')
  if (parts.length === 0) throw invalid(text, 'it is empty')
  return parts
}

function parseOne(text: string, measured: Measured | undefined): Threshold {
  const { series, given, operator, number, unit } = ONE.exec(text)?.groups ?? {}
  if (given === undefined)
    throw invalid(text, 'expected a name, one of < <= > >=, and a number with its unit')
  const name = given.toLowerCase()
  const threshold = {
    expression: text,
    name,
    operator: operator as Operator,
    limit: Number(number),
    share: false,
    series,
  }
  if (PERCENTILE.test(name) || OF_SERIES.includes(name)) return ofSeries(threshold, unit, measured)
  if (series !== undefined)
    throw invalid(text, `"${name}" is no percentile, and none of ${OF_SERIES.join(', ')}`)
  return ofRun(threshold, unit, measured)
}

function ofSeries(threshold: Threshold, unit: string | undefined, measured: Measured | undefined): Threshold {
  const { expression, series = 'latency', limit } = threshold
  const factor = UNITS[(unit ?? 'ms').toLowerCase()]
  if (factor === undefined) throw invalid(expression, `"${unit}" is no unit of time`)
  if (measured && !measured.series.includes(series)) {
    throw invalid(expression, `there is no "${series}" here, only ${measured.series.join(', ')}`)
  }
  return { ...threshold, series, limit: limit * factor }
}

function ofRun(threshold: Threshold, unit: string | undefined, measured: Measured | undefined): Threshold {
  const { expression, name, limit } = threshold
  const known = [...OF_RUN, ...(measured?.counters ?? [])]
  if (measured && !known.includes(name)) {
    throw invalid(expression, `"${name}" is neither a percentile nor one of ${known.join(', ')}`)
  }
  const share = name === 'success' || (name === 'errors' && unit === '%')
  const units =
    name === 'rate' ? [undefined, '/s'] : name === 'errors' ? [undefined, '%'] : [share ? '%' : undefined]
  if (!units.includes(unit))
    throw invalid(expression, `"${name}" takes ${share ? 'a percentage' : 'a plain number'}`)
  if (share && limit > 100) throw invalid(expression, 'more than 100 %')
  return { ...threshold, share, limit: share ? limit / 100 : limit }
}

function invalid(text: string, why: string) {
  return loadtestError('LOADTEST_THRESHOLD_INVALID', `"${text}": ${why}`, { field: 'threshold' })
}

/** What is measured. All that thresholds look at of a result. */
export type Judged = Pick<LoadResult, 'total' | 'succeeded' | 'rate' | 'series' | 'counters'>

/** Whether each of them holds. Where nothing was measured, none does. */
export function checkThresholds(thresholds: readonly Threshold[], result: Judged): ThresholdResult[] {
  return thresholds.map((threshold) => {
    const value = measure(threshold, result)
    const passed = value !== null && compare(value, threshold.operator, threshold.limit)
    // Shares are told as they are written: in percent.
    return {
      expression: threshold.expression,
      passed,
      value: value === null || !threshold.share ? value : value * 100,
    }
  })
}

function compare(value: number, operator: Operator, limit: number): boolean {
  if (operator === '<') return value < limit
  if (operator === '<=') return value <= limit
  return operator === '>' ? value > limit : value >= limit
}

function measure({ series, name, share }: Threshold, result: Judged): number | null {
  if (series !== undefined) return statisticOf(result.series[series], name)
  if (result.total === 0) return null
  // What was never sent, or has not ended, is no success either.
  const errors = result.total - result.succeeded
  if (name === 'errors') return share ? errors / result.total : errors
  if (name === 'success') return result.succeeded / result.total
  if (name === 'rate') return result.rate
  if (name === 'count') return result.total
  return result.counters[name] ?? null
}

function statisticOf(series: SeriesResult | undefined, name: string): number | null {
  if (!series || series.count === 0) return null
  if (name === 'avg' || name === 'mean') return series.mean
  if (name === 'min' || name === 'max' || name === 'stddev') return series[name]
  const kept = { p50: series.p50, p90: series.p90, p95: series.p95, p99: series.p99 }[name]
  if (kept !== undefined) return kept
  if (name === 'p999' || name === 'p99.9') return series.p999
  return percentileOfSparse(series.histogram, Number(name.slice(1)) / 100)
}
