import { setTimeout as pause } from 'node:timers/promises'
import { messageOf } from '../kernel/index.ts'
import {
  AREAS,
  type Check,
  type DoctorContext,
  type Finding,
  type Level,
  type Remark,
  warn,
} from './check.ts'

/** Milliseconds that one check may take. */
export const LIMIT = 15_000

/**
 * Runs checks at the same time; none can stop the others or take longer than its limit.
 * @returns findings by area, and within one in the order of the checks
 */
export async function runChecks(
  checks: readonly Check[],
  context: DoctorContext,
  limit = LIMIT,
): Promise<Finding[]> {
  const able = checks.filter(({ needsRedis }) => !needsRedis || context.redis !== undefined)
  const all = await Promise.all(
    able.map(async (check) =>
      (await runOne(check, context, limit)).map((remark) => ({
        area: check.area,
        check: check.name,
        ...remark,
      })),
    ),
  )
  const byArea = all.flat()
  return AREAS.flatMap((area) => byArea.filter((finding) => finding.area === area))
}

async function runOne(check: Check, context: DoctorContext, limit: number): Promise<readonly Remark[]> {
  try {
    return await within(limit, () => check.run(context))
  } catch (error) {
    return [
      warn(
        `Could not check ${check.title}: ${messageOf(error)}`,
        'What cannot be looked at may be wrong.',
        'Try again with `agentctl doctor`; if it stays so, report it with `agentctl doctor --bundle FILE.tar.gz`',
      ),
    ]
  }
}

/** What is being done, as long as it takes no longer than that many milliseconds. It is not ended by it. */
export async function within<T>(limit: number, work: () => T | Promise<T>): Promise<T> {
  const done = new AbortController()
  const late = pause(limit, undefined, { signal: done.signal }).then(() => {
    throw new Error(`no answer within ${limit / 1_000} s`)
  })
  late.catch(() => {})
  try {
    return await Promise.race([Promise.resolve().then(work), late])
  } finally {
    done.abort()
  }
}

/** How many findings there are of each level. */
export function countLevels(findings: readonly Finding[]): Record<Level, number> {
  const counts: Record<Level, number> = { ok: 0, info: 0, warn: 0, error: 0 }
  for (const { level } of findings) counts[level]++
  return counts
}
