import { loadScript, type RedisClient } from '../platform/redis/index.ts'
import { BEGINNING, compareEntryIds, type RawEntry } from '../platform/streams/index.ts'
import { countEntries } from './count.ts'
import { inspectError } from './errors.ts'
import { readFacts } from './facts.ts'
import { describeGroup } from './groups.ts'
import { type SideKeys, scriptKeys, sideKeys } from './names.ts'
import type { Place } from './place.ts'

const script = loadScript(import.meta.url, 'reset-group', 7)

export interface ResetPlan {
  stream: string
  group: string
  /** The group reads on after this entry. */
  after_id: string
  /** Pending entries that the group forgets. */
  pending: number
  /** Entries the group gets from there on. */
  to_deliver: number
  /** Of them, those it had been given before. */
  again: number
  /** Events the event bus remembers as handled, and would skip. */
  handled_marks: number
}

/** @throws AgentctlError STREAM_NOT_FOUND, GROUP_NOT_FOUND */
export async function planReset(
  redis: RedisClient,
  stream: string,
  group: string,
  place: Place,
): Promise<ResetPlan> {
  const { last_delivered_id: delivered, pending } = await describeGroup(redis, stream, group)
  const after = await idBefore(redis, stream, place)
  const side = sideKeys(stream, group)
  const [toDeliver, again, marks] = await Promise.all([
    countEntries(redis, stream, `(${after}`, '+'),
    compareEntryIds(after, delivered) < 0 ? countEntries(redis, stream, `(${after}`, delivered) : 0,
    side ? handledMarks(redis, side) : 0,
  ])
  return { stream, group, after_id: after, pending, to_deliver: toDeliver, again, handled_marks: marks }
}

/** The entry after which a place begins. */
async function idBefore(redis: RedisClient, stream: string, place: Place): Promise<string> {
  if (place.at === 'first') return BEGINNING
  if (place.at === 'id') return place.after
  if (place.at === 'new') return (await readFacts(redis, stream))?.last_generated_id ?? BEGINNING
  const [before] = (await redis.xrevrange(stream, `(${place.ms}-0`, '-', 'COUNT', 1)) as RawEntry[]
  return before?.[0] ?? BEGINNING
}

async function handledMarks(redis: RedisClient, { handled, handledOld }: SideKeys): Promise<number> {
  const counts = await Promise.all([redis.hlen(handled), redis.hlen(handledOld)])
  return counts[0] + counts[1]
}

export interface ResetOptions {
  /** Let the event bus go on skipping what it remembers as handled. */
  keepHandled: boolean
}

/**
 * Moves a group to the place of a plan and drops what is pending, in one step; its consumers stay and read on.
 * @returns the number of pending entries that were dropped
 * @throws AgentctlError GROUP_NOT_FOUND
 */
export async function resetGroup(
  redis: RedisClient,
  { stream, group, after_id: after, again }: ResetPlan,
  { keepHandled }: ResetOptions,
): Promise<number> {
  const read = await entriesUpTo(redis, stream, after)
  const forget = again > 0 && !keepHandled ? 1 : 0
  const dropped = await script(redis, scriptKeys(stream, group), [group, after, read ?? '', forget])
  if (dropped === null) throw inspectError('GROUP_NOT_FOUND', `${stream} has no group ${group}`)
  return dropped as number
}

/** Entries up to an id since the stream was made, removed ones included: with it Redis goes on knowing the lag. */
async function entriesUpTo(redis: RedisClient, stream: string, id: string): Promise<number | undefined> {
  const before = await removedOf(redis, stream)
  const present = await countEntries(redis, stream, '-', id)
  // Somebody trims at this moment: better no number than a wrong one.
  return before !== undefined && before === (await removedOf(redis, stream)) ? before + present : undefined
}

async function removedOf(redis: RedisClient, stream: string): Promise<number | undefined> {
  const facts = await readFacts(redis, stream)
  return facts && facts.entries_added !== null ? facts.entries_added - facts.length : undefined
}
