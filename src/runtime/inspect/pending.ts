import type { RedisClient } from '../platform/redis/index.ts'
import { sideKeys } from './names.ts'

export interface PendingState {
  pending: number
  /** Of the oldest pending entry that does not wait for a retry, in milliseconds; null when there is none. */
  oldest_idle_ms: number | null
  /** Pending entries that failed and wait until they are due again. */
  retrying: number
}

export interface PendingEntry {
  id: string
  consumer: string
  idle_ms: number
  deliveries: number
  /** The entry itself is no longer in the stream. */
  gone: boolean
  /** When it is due again, ISO 8601, after it has failed. */
  retry_at: string | null
}

export interface PendingFilter {
  count: number
  /** Milliseconds since the last delivery, at least. */
  idle?: number | undefined
  consumer?: string | undefined
}

type Row = [id: string, consumer: string, idle: number, deliveries: number]

/** Pending entries that are looked at for the oldest one: the oldest ids come first, and are mostly the oldest. */
const LOOK = 1_000

export async function readPending(redis: RedisClient, stream: string, group: string): Promise<PendingState> {
  const [pending] = (await redis.xpending(stream, group)) as [number]
  if (pending === 0) return { pending, oldest_idle_ms: null, retrying: 0 }
  const rows = await readRows(redis, stream, group, { count: LOOK })
  const retries = sideKeys(stream, group)?.retries
  const [due, retrying] = await Promise.all([
    dueTimes(
      redis,
      retries,
      rows.map(([id]) => id),
    ),
    retries === undefined ? 0 : redis.zcard(retries),
  ])
  const idle = rows.filter((_, i) => !((due[i] ?? 0) > Date.now())).map(([, , ms]) => ms)
  return { pending, oldest_idle_ms: idle.length === 0 ? null : Math.max(...idle), retrying }
}

/** Pending entries in the order of their ids. */
export async function listPending(
  redis: RedisClient,
  stream: string,
  group: string,
  filter: PendingFilter,
): Promise<PendingEntry[]> {
  const rows = await readRows(redis, stream, group, filter)
  const ids = rows.map(([id]) => id)
  const [due, found] = await Promise.all([
    dueTimes(redis, sideKeys(stream, group)?.retries, ids),
    Promise.all(ids.map((id) => redis.xrange(stream, id, id, 'COUNT', 1))),
  ])
  return rows.map(([id, consumer, idle, deliveries], i) => ({
    id,
    consumer,
    idle_ms: idle,
    deliveries,
    gone: found[i]?.length === 0,
    retry_at: due[i] == null ? null : new Date(due[i]).toISOString(),
  }))
}

/** Every pending entry that matches, a page at a time. */
export async function* pagesOfPending(
  redis: RedisClient,
  stream: string,
  group: string,
  filter: Omit<PendingFilter, 'count'>,
): AsyncGenerator<{ id: string; consumer: string }[]> {
  for (let from = '-'; ; ) {
    const rows = await readRows(redis, stream, group, { ...filter, count: LOOK }, from)
    if (rows.length > 0) yield rows.map(([id, consumer]) => ({ id, consumer }))
    const last = rows.at(-1)
    if (rows.length < LOOK || !last) return
    from = `(${last[0]}`
  }
}

async function readRows(
  redis: RedisClient,
  stream: string,
  group: string,
  { count, idle, consumer }: PendingFilter,
  from = '-',
): Promise<Row[]> {
  // One form for all: an idle time of 0 matches everything.
  const rows =
    consumer === undefined
      ? redis.xpending(stream, group, 'IDLE', idle ?? 0, from, '+', count)
      : redis.xpending(stream, group, 'IDLE', idle ?? 0, from, '+', count, consumer)
  return (await rows) as Row[]
}

async function dueTimes(
  redis: RedisClient,
  retries: string | undefined,
  ids: readonly string[],
): Promise<(number | null)[]> {
  if (retries === undefined || ids.length === 0) return []
  const scores = await redis.zmscore(retries, ...ids)
  return scores.map((score) => (score === null ? null : Number(score)))
}
