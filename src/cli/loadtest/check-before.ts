import { access, constants, stat } from 'node:fs/promises'
import { dirname, resolve } from 'node:path'
import { loadtestError } from '../../runtime/loadtest/errors.ts'
import type { LoadPlan } from '../../runtime/loadtest/index.ts'

/** @throws AgentctlError LOADTEST_THRESHOLD_INVALID for what cannot be understood, or is not measured by the plan */
export async function checkThresholdTexts(texts: readonly string[], plan: LoadPlan): Promise<void> {
  if (texts.length === 0) return
  const { parseThresholds } = await import('../../runtime/loadtest/index.ts')
  const { measuredBy } = await import('../../runtime/loadtest/run.ts')
  const { scenarioOf } = await import('../../runtime/loadtest/scenarios.ts')
  const scenario = await scenarioOf(plan.scenario)
  const series = measuredBy(scenario, plan.load).map(({ name }) => name)
  parseThresholds(texts, { series, counters: scenario.counters })
}

/**
 * A run may take long: that its result cannot be kept is found out before.
 * @param paths by the flags that name them
 * @throws AgentctlError LOADTEST_FILE_INVALID
 */
export async function checkWritable(paths: Readonly<Record<string, string | undefined>>): Promise<void> {
  for (const [flag, path] of Object.entries(paths)) {
    if (path === undefined) continue
    const file = resolve(path)
    const found = await stat(file).catch(() => undefined)
    if (found?.isDirectory()) throw unusable(flag, path, 'it is a folder')
    await access(found ? file : dirname(file), constants.W_OK).catch((cause: unknown) => {
      const what = found ? 'it cannot' : 'its folder does not exist, or cannot'
      throw unusable(flag, path, `${what} be written to`, cause)
    })
  }
}

const unusable = (flag: string, path: string, why: string, cause?: unknown) =>
  loadtestError('LOADTEST_FILE_INVALID', `--${flag}: ${path}: ${why}`, { field: flag, cause })
