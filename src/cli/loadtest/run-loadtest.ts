import type { LoadPlan, LoadResult } from '../../runtime/loadtest/index.ts'
import { checkThresholdTexts, checkWritable } from './check-before.ts'
import { exitCodeOf } from './exit-code.ts'
import { type MeasureOptions, measure } from './measure.ts'
import { checkReachable } from './reach.ts'
import { type ComparisonRow, comparisonLines, markWorse } from './report/comparison.ts'
import { headingLines } from './report/heading.ts'
import { reportLines } from './report/report.ts'
import { readResult, writeReport } from './result-file.ts'

/** What becomes of the result, as it was asked for. */
export interface ResultFlags {
  compare?: string | undefined
  /** Percent. */
  tolerance: number
  out?: string | undefined
  html?: string | undefined
  hlog?: string | undefined
}

export interface LoadtestRun extends MeasureOptions {
  plan: LoadPlan
  flags: ResultFlags
  /** A line of the report. */
  print(line: string): Promise<void> | void
}

export interface LoadtestOutcome {
  result: LoadResult
  exitCode: number
}

/**
 * Runs a load test and reports on it.
 * @throws AgentctlError LOADTEST_UNREACHABLE, those of files, thresholds and comparisons (before anything is sent), and those of the run
 */
export async function runLoadtest(run: LoadtestRun): Promise<LoadtestOutcome> {
  const { plan, flags, signal, print } = run
  const { out, html, hlog, compare = '', tolerance } = flags
  await checkThresholdTexts(run.thresholds, plan)
  await checkWritable({ out, html, hlog })
  const old = await earlier(run)
  await checkReachable(plan.target, signal)
  for (const line of headingLines(plan)) await print(line)
  const result = await measure(plan, run)
  const comparison = old && markWorse(await compared(old, result), tolerance)
  const changes = comparison ? ['', ...comparisonLines(comparison, compare, tolerance)] : []
  for (const line of [...reportLines(result), ...changes]) await print(line)
  await writeFiles(flags, result, comparison)
  return { result, exitCode: exitCodeOf(result, comparison?.some(({ worse }) => worse) ?? false) }
}

/** The result to compare with: whether it can be is known before the run. */
async function earlier({ plan, flags }: LoadtestRun): Promise<LoadResult | undefined> {
  if (flags.compare === undefined) return undefined
  const old = await readResult(flags.compare)
  await compared(old, { ...old, plan })
  return old
}

async function compared(old: LoadResult, now: LoadResult) {
  const { compareResults } = await import('../../runtime/loadtest/index.ts')
  return compareResults(old, now)
}

async function writeFiles(
  { out, html, hlog }: ResultFlags,
  result: LoadResult,
  comparison: readonly ComparisonRow[] | undefined,
): Promise<void> {
  if (out !== undefined) await writeReport(out, 'out', `${JSON.stringify(result, null, 2)}\n`)
  if (html !== undefined) {
    const { htmlPage } = await import('./html/page.ts')
    const { boundsOf } = await import('../../runtime/loadtest/index.ts')
    await writeReport(html, 'html', htmlPage({ result, comparison, boundsOf }))
  }
  if (hlog !== undefined) {
    const { toHlog } = await import('../../runtime/loadtest/hlog.ts')
    await writeReport(hlog, 'hlog', await toHlog(result))
  }
}
