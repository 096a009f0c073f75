import { loadScript, type RedisClient } from '../platform/redis/index.ts'
import { compareEntryIds, type RawEntry } from '../platform/streams/index.ts'
import { countEntries } from './count.ts'
import { readFacts, type StreamFacts } from './facts.ts'
import { listGroups } from './groups.ts'

const script = loadScript(import.meta.url, 'trim-stream', 1)
/** Entries removed by length in one step, so that the server is never held up for long. */
const STEP = 1_000

/** What is to go: entries beyond a length, entries older than an id, or both. */
export interface TrimLimits {
  maxLength?: number | undefined
  minId?: string | undefined
}

/** A group that keeps old entries from being removed. */
export interface Holder {
  group: string
  /** The oldest entry it has not handled. */
  first_needed_id: string
  pending: number
  lag: number
}

export interface TrimPlan {
  stream: string
  length: number
  /** Entries beyond the limits. */
  beyond: number
  /** Of them, those that no group needs any more. */
  removable: number
  /** Of them, those that stay because a group needs them or what is before them. */
  held: number
  held_by: Holder[]
}

/** The oldest id to keep when entries may be so many milliseconds old. */
export function minIdOf(maxAge: number, now: number): string {
  return `${Math.max(0, now - maxAge)}-0`
}

export async function planTrim(redis: RedisClient, stream: string, limits: TrimLimits): Promise<TrimPlan> {
  const facts = await readFacts(redis, stream)
  if (!facts) return { stream, length: 0, beyond: 0, removable: 0, held: 0, held_by: [] }
  const tooOld = limits.minId === undefined ? 0 : await countEntries(redis, stream, '-', `(${limits.minId}`)
  const tooMany = limits.maxLength === undefined ? 0 : Math.max(0, facts.length - limits.maxLength)
  const beyond = Math.max(tooOld, tooMany)
  // Without a limit to reach, nobody holds anything back.
  const holders = beyond === 0 ? [] : await findHolders(redis, facts)
  const free = await Promise.all(
    holders.map(({ first_needed_id: first }) => countEntries(redis, stream, '-', `(${first}`, beyond)),
  )
  const removable = Math.min(beyond, ...free)
  const held_by = holders.filter((_, i) => (free[i] ?? 0) < beyond)
  return { stream, length: facts.length, beyond, removable, held: beyond - removable, held_by }
}

/** Groups that have not handled everything, each with the first entry it needs. */
async function findHolders(redis: RedisClient, facts: StreamFacts): Promise<Holder[]> {
  const { stream } = facts
  const groups = await listGroups(redis, facts)
  const holders = await Promise.all(
    groups.map(async ({ group, last_delivered_id, pending, lag }) => {
      const [unread] = (await redis.xrange(stream, `(${last_delivered_id}`, '+', 'COUNT', 1)) as RawEntry[]
      const [, oldest] = (await redis.xpending(stream, group)) as [number, string | null]
      const first = [unread?.[0], oldest].filter((id) => typeof id === 'string').sort(compareEntryIds)[0]
      return first === undefined ? undefined : { group, first_needed_id: first, pending, lag }
    }),
  )
  return holders.filter((holder) => holder !== undefined)
}

/**
 * Removes what is beyond the limits and returns how many entries went. What a group has not handled stays, with all
 * that comes after it, unless `force` is set.
 */
export async function trimStream(
  redis: RedisClient,
  stream: string,
  limits: TrimLimits,
  force: boolean,
): Promise<number> {
  let removed = 0
  if (force) {
    if (limits.minId !== undefined) removed += await redis.xtrim(stream, 'MINID', '=', limits.minId)
    if (limits.maxLength !== undefined) removed += await redis.xtrim(stream, 'MAXLEN', '=', limits.maxLength)
    return removed
  }
  for (let more = 1; more === 1; ) {
    const args = [limits.maxLength ?? '', limits.minId ?? '', STEP]
    const [step, left] = (await script(redis, [stream], args)) as [number, number]
    removed += step
    more = left
  }
  return removed
}
