import { readFile, writeFile } from 'node:fs/promises'
import { z } from 'zod'
import { loadtestError } from '../../runtime/loadtest/errors.ts'
import type { LoadResult } from '../../runtime/loadtest/index.ts'
import { loadPlan } from '../../runtime/loadtest/index.ts'

/** What is compared of a result. Whether it can be is known before the run, and not after it. */
const figures = z.looseObject({
  total: z.number(),
  succeeded: z.number(),
  rate: z.number(),
  counters: z.record(z.string(), z.number()),
  series: z.record(
    z.string(),
    z.looseObject({
      ...{ count: z.number(), mean: z.number(), p50: z.number(), p95: z.number(), p99: z.number() },
      uncertain: z.array(z.string()),
    }),
  ),
})

/**
 * An earlier result, as `--out` has written it, or `--json`.
 * @throws AgentctlError LOADTEST_FILE_INVALID, LOADTEST_RESULT_INVALID
 */
export async function readResult(path: string): Promise<LoadResult> {
  const text = await readFile(path, 'utf8').catch((cause: NodeJS.ErrnoException) => {
    const why = cause.code === 'ENOENT' ? 'it does not exist' : cause.message
    throw loadtestError('LOADTEST_FILE_INVALID', `--compare: ${path}: ${why}`, { field: 'compare', cause })
  })
  const value = parsed(text, path)
  if (value?.version !== 1) throw notOurs(path, 'it has no version that is known')
  const plan = loadPlan.safeParse(value.plan)
  if (!plan.success) throw notOurs(path, 'its plan cannot be read')
  const read = figures.safeParse(value)
  if (!read.success) throw notOurs(path, `its ${read.error.issues[0]?.path.join('.')} cannot be read`)
  if (read.data.series.latency === undefined) throw notOurs(path, 'it holds no latencies')
  return { ...(value as LoadResult), plan: plan.data }
}

/** @throws AgentctlError LOADTEST_FILE_INVALID */
export async function writeReport(path: string, flag: string, content: string): Promise<void> {
  try {
    await writeFile(path, content)
  } catch (cause) {
    const { message } = cause as Error
    throw loadtestError('LOADTEST_FILE_INVALID', `--${flag}: ${path}: ${message}`, { field: flag, cause })
  }
}

function parsed(text: string, path: string): Partial<LoadResult> | null {
  try {
    return JSON.parse(text) as Partial<LoadResult> | null
  } catch (cause) {
    throw notOurs(path, `it is no JSON: ${(cause as Error).message}`)
  }
}

const notOurs = (path: string, why: string) =>
  loadtestError('LOADTEST_RESULT_INVALID', `--compare: ${path}: ${why}`, { field: 'compare' })
