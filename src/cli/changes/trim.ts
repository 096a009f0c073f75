import { inspectError, minIdOf, planTrim, type TrimPlan, trimStream } from '../../runtime/inspect/index.ts'
import type { RedisClient } from '../../runtime/platform/redis/index.ts'
import { type Change, counted } from '../run-change.ts'

/**
 * @param limits `maxAge` in milliseconds
 * @throws AgentctlError TRIM_LIMIT_MISSING
 */
export function trimming(
  redis: RedisClient,
  stream: string,
  { maxLength, maxAge }: { maxLength: number | undefined; maxAge: number | undefined },
  force: boolean,
): Change<TrimPlan, { removed: number }> {
  if (maxLength === undefined && maxAge === undefined)
    throw inspectError('TRIM_LIMIT_MISSING', 'neither a length nor an age is given')
  const limits = { maxLength, minId: maxAge === undefined ? undefined : minIdOf(maxAge, Date.now()) }
  return {
    plan: () => planTrim(redis, stream, limits),
    what: ({ beyond, removable, length }) =>
      `Remove ${counted(force ? beyond : removable, 'entry', 'entries')} of ${length} from ${stream}`,
    warnings: ({ held, held_by }) =>
      held_by.length === 0 ? [] : [`${heldText(held, force)} ${held_by.map(holderText).join('; ')}.`],
    apply: async () => ({ removed: await trimStream(redis, stream, limits, force) }),
    done: ({ removed }, { beyond }) => {
      const kept = Math.max(0, beyond - removed)
      const held = kept > 0 ? `; ${kept} more stay because groups need them` : ''
      return `Removed ${counted(removed, 'entry', 'entries')} from ${stream}${held}.`
    },
  }
}

function heldText(held: number, force: boolean): string {
  const entries = counted(held, 'entry', 'entries')
  return force ? `${entries} will be removed before all groups have handled them:` : `${entries} held back by`
}

function holderText({ group, pending, lag, first_needed_id }: TrimPlan['held_by'][number]): string {
  return `group ${group} (${pending} pending, ${lag} unread, from ${first_needed_id} on)`
}
