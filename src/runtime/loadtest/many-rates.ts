import { nextRate, SEARCH, type SearchOptions, type Trial } from './find-max.ts'
import type { LoadPlan, OpenLoad } from './plan.ts'
import type { LoadResult } from './result.ts'

/** Runs a plan, with the thresholds that it is to be judged by. */
export type RunPlan = (plan: LoadPlan) => Promise<LoadResult>

/** A plan of an open loop, of which several are run that differ in their rate only. */
export type OpenPlan = LoadPlan & { load: OpenLoad }

export interface RatedRun extends Trial {
  readonly result: LoadResult
}

/**
 * Searches the highest rate at which all thresholds hold and the load was really made, by short runs one after the other.
 * @param run must pass the thresholds on: a result without any is good when it is valid
 * @param onRun told of each run as it has ended
 * @returns all runs; the answer is `highestGood` of them
 */
export async function findMax(
  plan: OpenPlan,
  run: RunPlan,
  { signal, onRun, ...search }: Partial<SearchOptions> & { signal: AbortSignal; onRun?(run: RatedRun): void },
): Promise<RatedRun[]> {
  const options = { ...SEARCH, start: plan.load.rate, ...search }
  const runs: RatedRun[] = []
  for (let rate = nextRate(runs, options); rate !== undefined; rate = nextRate(runs, options)) {
    const rated = await runAt(plan, rate, run)
    if (signal.aborted) break // what was cut short says nothing
    runs.push(rated)
    onRun?.(rated)
  }
  return runs
}

/** Runs the plan at each of the rates. */
export async function sweep(
  plan: OpenPlan,
  rates: readonly number[],
  run: RunPlan,
  { signal, onRun }: { signal: AbortSignal; onRun?(run: RatedRun): void },
): Promise<RatedRun[]> {
  const runs: RatedRun[] = []
  for (const rate of rates) {
    const rated = await runAt(plan, rate, run)
    if (signal.aborted) break
    runs.push(rated)
    onRun?.(rated)
  }
  return runs
}

async function runAt(plan: OpenPlan, rate: number, run: RunPlan): Promise<RatedRun> {
  const result = await run({ ...plan, load: { ...plan.load, rate } })
  const passed = result.validity.valid && result.total > 0 && result.thresholds.every((each) => each.passed)
  return { rate, passed, result }
}
