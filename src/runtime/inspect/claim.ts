import type { RedisClient } from '../platform/redis/index.ts'
import { describeGroup } from './groups.ts'
import { pagesOfPending } from './pending.ts'

export interface ClaimWish {
  /** Who gets the entries. */
  to: string
  /** Only entries of this consumer. */
  from?: string | undefined
  /** Only entries that were delivered so many milliseconds ago or earlier. */
  minIdle: number
  /** Only these entries; all when empty. */
  ids: readonly string[]
}

export interface ClaimPlan {
  stream: string
  group: string
  consumer: string
  /** Whether anybody reads under that name. */
  consumer_alive: boolean
  entries: number
}

/** @throws AgentctlError STREAM_NOT_FOUND, GROUP_NOT_FOUND */
export async function planClaim(
  redis: RedisClient,
  stream: string,
  group: string,
  wish: ClaimWish,
): Promise<ClaimPlan> {
  const { consumer_list: consumers } = await describeGroup(redis, stream, group)
  let entries = 0
  for await (const ids of matching(redis, stream, group, wish)) entries += ids.length
  const alive = consumers.some(({ consumer, alive }) => consumer === wish.to && alive)
  return { stream, group, consumer: wish.to, consumer_alive: alive, entries }
}

/** Gives pending entries to another consumer and returns their number. It does not count as a delivery. */
export async function claimEntries(
  redis: RedisClient,
  stream: string,
  group: string,
  wish: ClaimWish,
): Promise<number> {
  let claimed = 0
  for await (const ids of matching(redis, stream, group, wish)) {
    // Not `xclaim`: its types know no list of ids with an option behind it.
    const words = [stream, group, wish.to, wish.minIdle, ...ids, 'JUSTID']
    claimed += ((await redis.call('XCLAIM', ...words)) as string[]).length
  }
  return claimed
}

async function* matching(
  redis: RedisClient,
  stream: string,
  group: string,
  { to, from, minIdle, ids }: ClaimWish,
): AsyncGenerator<string[]> {
  const wanted = new Set(ids)
  for await (const page of pagesOfPending(redis, stream, group, { idle: minIdle, consumer: from })) {
    const match = page
      .filter(({ id, consumer }) => consumer !== to && (wanted.size === 0 || wanted.has(id)))
      .map(({ id }) => id)
    if (match.length > 0) yield match
  }
}
