import { type PurgePlan, planPurge, purgeStream } from '../../runtime/inspect/index.ts'
import type { RedisClient } from '../../runtime/platform/redis/index.ts'
import { type Change, counted } from '../run-change.ts'

export function purging(
  redis: RedisClient,
  stream: string,
  removeKey: boolean,
): Change<PurgePlan, { entries: number; pending: number }> {
  return {
    name: stream,
    plan: () => planPurge(redis, stream),
    what: ({ entries, groups }) => {
      const all = `all ${counted(entries, 'entry', 'entries')} of ${stream}`
      return removeKey ? `Remove ${all}, its ${counted(groups.length, 'group')} and the key` : `Remove ${all}`
    },
    warnings: ({ groups }) =>
      groups
        .filter(({ pending, lag }) => pending + lag > 0)
        .map(
          ({ group, pending, lag }) => `Group ${group} loses ${pending} pending and ${lag} unread entries.`,
        ),
    apply: () => purgeStream(redis, stream, removeKey),
    done: ({ entries, pending }) =>
      `Removed ${counted(entries, 'entry', 'entries')} and ${pending} pending from ${stream}.`,
  }
}
