import type { DeadLetters } from '../../runtime/bus/index.ts'
import { type Change, counted } from '../run-change.ts'

/** @param before milliseconds since 1970: only letters that are older */
export function purgingLetters(
  letters: DeadLetters,
  type: string,
  before: number | undefined,
): Change<{ type: string; letters: number }, { removed: number }> {
  const limits = before === undefined ? {} : { before }
  return {
    plan: async () => ({ type, letters: await letters.count(type, limits) }),
    what: (plan) => `Remove ${counted(plan.letters, 'dead letter')} of ${type} for good`,
    warnings: () => [],
    apply: async () => ({ removed: await letters.purge(type, limits) }),
    done: ({ removed }) => `Removed ${counted(removed, 'dead letter')} of ${type}.`,
    name: type,
  }
}
