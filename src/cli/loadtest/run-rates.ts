import type { LoadPlan, LoadResult, OpenPlan, RatedRun } from '../../runtime/loadtest/index.ts'
import { checkThresholdTexts } from './check-before.ts'
import { NOT_GOOD_ENOUGH } from './exit-code.ts'
import { type MeasureOptions, measure } from './measure.ts'
import type { ManyRates } from './rates.ts'
import { checkReachable } from './reach.ts'
import { highestLines, rateHead, rateLine, ratesHeading } from './report/rates-text.ts'

export interface RatesRun extends MeasureOptions {
  /** Of an open loop; its rate is where a search begins. */
  plan: LoadPlan
  rates: ManyRates
  print(line: string): Promise<void> | void
}

export interface RatesResult {
  /** Requests per second; null when no rate was good enough. */
  highest: number | null
  runs: { rate: number; passed: boolean; result: LoadResult }[]
}

/**
 * Runs a plan at several rates: given ones, or to find the highest that is good enough.
 * @throws AgentctlError LOADTEST_UNREACHABLE, LOADTEST_THRESHOLD_INVALID, and those of the runs
 */
export async function runRates(run: RatesRun): Promise<{ result: RatesResult; exitCode: number }> {
  const { rates, signal, print } = run
  const plan = run.plan as OpenPlan
  const thresholds = [...run.thresholds, ...(rates.kind === 'find-max' ? rates.conditions : [])]
  await checkThresholdTexts(thresholds, plan)
  await checkReachable(plan.target, signal)
  for (const line of [...ratesHeading(plan, thresholds), rateHead]) await print(line)
  const { findMax, sweep } = await import('../../runtime/loadtest/many-rates.ts')
  const { highestGood } = await import('../../runtime/loadtest/index.ts')
  const one = (planned: LoadPlan) => measure(planned, { ...run, thresholds })
  const options = { signal, onRun: (rated: RatedRun) => void print(rateLine(rated)) }
  const runs =
    rates.kind === 'find-max'
      ? await findMax(plan, one, options)
      : await sweep(plan, rates.rates, one, options)
  const highest = highestGood(runs) ?? null
  for (const line of highestLines(highest, runs)) await print(line)
  const failed = rates.kind === 'find-max' ? highest === null : runs.some(thresholdsFailed)
  return { result: { highest, runs }, exitCode: failed ? NOT_GOOD_ENOUGH : 0 }
}

function thresholdsFailed({ result }: RatedRun): boolean {
  return result.thresholds.some(({ passed }) => !passed)
}
