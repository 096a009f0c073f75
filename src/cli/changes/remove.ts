import { planRemoval, type Removal, type RemovalPlan, removeGroup } from '../../runtime/inspect/index.ts'
import type { RedisClient } from '../../runtime/platform/redis/index.ts'
import { type Change, counted } from '../run-change.ts'

export function removing(
  redis: RedisClient,
  removal: Removal,
  force: boolean,
): Change<RemovalPlan, { pending: number }> {
  const { stream, group, consumer } = removal
  const target = consumer === undefined ? `group ${group} of ${stream}` : `consumer ${consumer} of ${group}`
  return {
    plan: () => planRemoval(redis, removal, force),
    what: ({ pending }) => `Remove ${target} with ${pending} pending`,
    warnings: ({ pending, lag, alive }) => [
      ...(pending > 0
        ? [`${counted(pending, 'pending entry', 'pending entries')} will never be delivered again.`]
        : []),
      ...(lag > 0 ? [`${counted(lag, 'entry', 'entries')} the group has not read.`] : []),
      ...(alive > 0 && consumer === undefined
        ? [`${counted(alive, 'living consumer')} will find no group; those of the event bus make it anew.`]
        : []),
    ],
    apply: () => removeGroup(redis, removal, force),
    done: ({ pending }) => `Removed ${target}; ${pending} pending dropped.`,
  }
}
