import type { LoadResult } from '../../runtime/loadtest/index.ts'

/** A threshold does not hold, or a comparison shows that it has become worse. The same code as that of k6. */
export const NOT_GOOD_ENOUGH = 99
const NOTHING_WORKED = 1

/**
 * Failures alone are a result and no error, as long as something has worked: whoever wants none says so with a threshold.
 * @param worse whether a comparison has found that it is worse than before
 */
export function exitCodeOf({ thresholds, succeeded, total }: LoadResult, worse: boolean): number {
  if (worse || thresholds.some(({ passed }) => !passed)) return NOT_GOOD_ENOUGH
  return succeeded === 0 && total > 0 ? NOTHING_WORKED : 0
}
