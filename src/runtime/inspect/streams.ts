import { typeOfStream } from '../bus/index.ts'
import type { RedisClient } from '../platform/redis/index.ts'
import { readFacts, type StreamFacts } from './facts.ts'
import { type GroupSummary, listGroups } from './groups.ts'
import { mapInBatches, numberOrNull, timeOfId } from './replies.ts'

export interface StreamSummary extends StreamFacts {
  /** The type of its events, when it is a stream of the event bus. */
  type: string | null
  /** Bytes, as Redis estimates them. */
  memory: number | null
  first_at: string | null
  last_at: string | null
  groups: number
  /** Of all groups together; at least so much where `lag_exact` is false. */
  lag: number
  lag_exact: boolean
  pending: number
}

/** Streams asked about at the same time. */
const BATCH = 32

export interface StreamDescription extends StreamSummary {
  consumer_groups: GroupSummary[]
}

/** Streams with their groups; those that vanish meanwhile are left out. */
export async function describeStreams(
  redis: RedisClient,
  keys: readonly string[],
): Promise<StreamDescription[]> {
  const all = await mapInBatches(keys, BATCH, (key) => describeStream(redis, key))
  return all.filter((stream) => stream !== undefined)
}

async function describeStream(redis: RedisClient, stream: string): Promise<StreamDescription | undefined> {
  const facts = await readFacts(redis, stream)
  if (!facts) return undefined
  const [memory, groups] = await Promise.all([redis.memory('USAGE', stream), listGroups(redis, facts)])
  const sum = (of: (group: GroupSummary) => number) => groups.reduce((total, group) => total + of(group), 0)
  return {
    ...facts,
    type: typeOfStream(stream) ?? null,
    memory: numberOrNull(memory),
    first_at: timeOfId(facts.first_id),
    last_at: timeOfId(facts.last_id),
    groups: groups.length,
    lag: sum(({ lag }) => lag),
    lag_exact: groups.every((group) => group.lag_exact),
    pending: sum(({ pending }) => pending),
    consumer_groups: groups,
  }
}
