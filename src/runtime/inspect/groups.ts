import type { RedisClient } from '../platform/redis/index.ts'
import { type ConsumerSummary, listConsumers } from './consumers.ts'
import { countEntries } from './count.ts'
import { inspectError } from './errors.ts'
import { readFacts, type StreamFacts } from './facts.ts'
import { lostUnread, unreadAtSight } from './lag.ts'
import { sideKeys } from './names.ts'
import { type PendingState, readPending } from './pending.ts'
import { numberOrNull, timeOfId, toRecord } from './replies.ts'

export interface GroupSummary extends PendingState {
  stream: string
  group: string
  consumers: number
  alive: number
  /** Entries in the stream that the group has not read; at least so many where `lag_exact` is false. */
  lag: number
  lag_exact: boolean
  /** Entries that were removed before the group had handled them, at least; null when unknown. */
  lost: number | null
  last_delivered_id: string
  last_delivered_at: string | null
  entries_read: number | null
}

export interface GroupDescription extends GroupSummary {
  consumer_list: ConsumerSummary[]
}

/** Unread entries are counted up to here. */
export const COUNT_LIMIT = 10_000

/** The groups of one stream; those that vanish meanwhile are left out. */
export async function listGroups(redis: RedisClient, facts: StreamFacts): Promise<GroupSummary[]> {
  return (await describeGroups(redis, facts)).map(({ consumer_list: _, ...summary }) => summary)
}

/**
 * One group and its consumers.
 * @throws AgentctlError GROUP_NOT_FOUND, STREAM_NOT_FOUND
 */
export async function describeGroup(
  redis: RedisClient,
  stream: string,
  group: string,
): Promise<GroupDescription> {
  const facts = await readFacts(redis, stream)
  if (!facts) throw inspectError('STREAM_NOT_FOUND', `there is no ${stream}`)
  const found = (await describeGroups(redis, facts, group))[0]
  if (found) return found
  throw inspectError('GROUP_NOT_FOUND', `${stream} has no group ${group}`)
}

async function describeGroups(
  redis: RedisClient,
  facts: StreamFacts,
  only?: string,
): Promise<GroupDescription[]> {
  const reply = (await redis.xinfo('GROUPS', facts.stream).catch(ifGone)) as unknown[] | undefined
  const records = (reply ?? []).map(toRecord).filter(({ name }) => only === undefined || name === only)
  const all = await Promise.all(
    records.map((record) => toGroup(redis, facts, record).catch(ifGone<GroupDescription>)),
  )
  return all.filter((group) => group !== undefined)
}

function ifGone<T>(error: Error): T | undefined {
  if (/no such key|NOGROUP/.test(error.message)) return undefined
  throw error
}

async function toGroup(
  redis: RedisClient,
  facts: StreamFacts,
  record: Record<string, unknown>,
): Promise<GroupDescription> {
  const { stream } = facts
  const group = String(record.name)
  const state = {
    ...facts,
    last_delivered_id: String(record['last-delivered-id']),
    entries_read: numberOrNull(record['entries-read']),
  }
  const [consumers, pending, lag, losses] = await Promise.all([
    listConsumers(redis, stream, group),
    readPending(redis, stream, group),
    unreadAtSight(state) ?? countEntries(redis, stream, `(${state.last_delivered_id}`, '+', COUNT_LIMIT),
    countedLosses(redis, stream, group),
  ])
  const exact = unreadAtSight(state) !== undefined || lag < COUNT_LIMIT
  const redisLag = numberOrNull(record.lag)
  // Beyond what is counted, Redis's number is taken, unless it counts more than the stream can hold.
  const trusted = !exact && redisLag !== null && redisLag >= lag && redisLag < facts.length
  const uncounted = lostUnread(state, losses.removed)
  return {
    stream,
    group,
    consumers: consumers.length,
    alive: consumers.filter(({ alive }) => alive).length,
    lag: trusted ? redisLag : lag,
    lag_exact: exact || trusted,
    ...pending,
    lost: uncounted === null ? losses.lost || null : losses.lost + uncounted,
    last_delivered_id: state.last_delivered_id,
    last_delivered_at: timeOfId(state.last_delivered_id),
    entries_read: state.entries_read,
    consumer_list: consumers,
  }
}

/** The losses that the event bus has noticed by itself, and how many entries had been removed by then. */
async function countedLosses(
  redis: RedisClient,
  stream: string,
  group: string,
): Promise<{ lost: number; removed: number }> {
  const side = sideKeys(stream, group)
  if (!side) return { lost: 0, removed: 0 }
  const [lost, removed] = await Promise.all([
    redis.hget(side.losses, group),
    redis.hget(side.state, 'removed'),
  ])
  return { lost: Number(lost ?? 0), removed: Number(removed ?? 0) }
}
