import { type CopyPlan, type CopyWish, copyStream, planCopy } from '../../runtime/inspect/index.ts'
import type { RedisClient } from '../../runtime/platform/redis/index.ts'
import { type Change, counted } from '../run-change.ts'

/** Copying entries of one stream behind those of another. */
export function copying(
  redis: RedisClient,
  wish: CopyWish,
): Change<CopyPlan, { copied: number; skipped: number }> {
  const { from, to } = wish
  return {
    plan: () => planCopy(redis, wish),
    what: ({ wanted, entries }) =>
      `Copy ${counted(wanted, 'entry', 'entries')} of ${entries} from ${from} to ${to}`,
    warnings: ({ target_length: length, wanted }) =>
      length === 0 || wanted === 0
        ? []
        : [
            `${to} has ${counted(length, 'entry', 'entries')} already; its groups will be given the new ones.`,
          ],
    apply: (plan) => copyStream(redis, wish, plan),
    done: ({ copied, skipped }) => {
      const left =
        skipped === 0
          ? ''
          : `; ${skipped} left out, as ${to} has ${skipped === 1 ? 'its id' : 'their ids'}, or later ones, already`
      return `Copied ${counted(copied, 'entry', 'entries')} from ${from} to ${to}${left}.`
    },
  }
}
