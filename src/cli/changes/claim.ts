import { type ClaimPlan, type ClaimWish, claimEntries, planClaim } from '../../runtime/inspect/index.ts'
import type { RedisClient } from '../../runtime/platform/redis/index.ts'
import { type Change, counted } from '../run-change.ts'

export function claiming(
  redis: RedisClient,
  stream: string,
  group: string,
  wish: ClaimWish,
): Change<ClaimPlan, { claimed: number }> {
  return {
    plan: () => planClaim(redis, stream, group, wish),
    what: ({ entries }) =>
      `Give ${counted(entries, 'pending entry', 'pending entries')} of ${group} to ${wish.to}`,
    warnings: (plan) =>
      plan.consumer_alive ? [] : [`Nobody has read as ${wish.to} within the last minute: is the name right?`],
    apply: async () => ({ claimed: await claimEntries(redis, stream, group, wish) }),
    done: ({ claimed }) => `Gave ${counted(claimed, 'pending entry', 'pending entries')} to ${wish.to}.`,
  }
}
