import { type parsePlace, planReset, type ResetPlan, resetGroup } from '../../runtime/inspect/index.ts'
import type { RedisClient } from '../../runtime/platform/redis/index.ts'
import { type Change, counted } from '../run-change.ts'

export function resetting(
  redis: RedisClient,
  stream: string,
  group: string,
  place: ReturnType<typeof parsePlace>,
  keepHandled: boolean,
): Change<ResetPlan, { dropped: number }> {
  return {
    plan: () => planReset(redis, stream, group, place),
    what: ({ after_id, pending, to_deliver, again }) =>
      `Reset ${group} of ${stream} to after ${after_id}: drop ${pending} pending, deliver ${counted(to_deliver, 'entry', 'entries')}, ${again} of them again`,
    warnings: ({ again, handled_marks: marks }) => {
      if (again === 0 || marks === 0) return []
      return keepHandled
        ? [`${counted(marks, 'event')} handled before will be skipped.`]
        : [`${counted(marks, 'event')} handled before will be handled once more; --keep-handled skips them.`]
    },
    apply: async (plan) => ({ dropped: await resetGroup(redis, plan, { keepHandled }) }),
    done: ({ dropped }, { after_id, to_deliver }) =>
      `${group} of ${stream} reads on after ${after_id}: ${dropped} pending dropped, ${counted(to_deliver, 'entry', 'entries')} to deliver.`,
  }
}
