import { setTimeout as pause } from 'node:timers/promises'
import { isCluster, type RedisClient } from '../platform/redis/index.ts'
import {
  BEGINNING,
  compareEntryIds,
  parseEntryId,
  type RawEntry,
  toEntry,
} from '../platform/streams/index.ts'
import { inspectError } from './errors.ts'
import { isPattern, scanKeys } from './scan.ts'

export interface TailOptions {
  /** A key, or a glob pattern. */
  pattern: string
  /** `last` shows the newest `count` entries; an id shows what comes after it. */
  from: { at: 'first' | 'new' } | { at: 'last'; count: number } | { at: 'id'; after: string }
  /** Go on when all is shown: until aborted, or until every stream has ended. */
  follow: 'no' | 'forever' | 'end'
  signal: AbortSignal
}

export interface TailedEntry {
  stream: string
  id: string
  fields: Readonly<Record<string, string>>
}

const PAGE = 500
/** Milliseconds between two looks for new streams of a pattern, and at most between two reads. */
const LOOK = 1_000
const CLUSTER_POLL = 200

/**
 * Yields the entries of one or many streams in the order of their ids, then follows them. It only reads:
 * it never joins a consumer group, so watching changes nothing.
 * @throws AgentctlError STREAM_NOT_FOUND, STREAM_WRONG_TYPE
 */
export async function* tailStreams(redis: RedisClient, options: TailOptions): AsyncGenerator<TailedEntry> {
  const { signal } = options
  const keys = await findStreams(redis, options.pattern)
  if (keys.length === 0 && options.follow === 'no') {
    throw inspectError('STREAM_NOT_FOUND', `${options.pattern} matches no stream`)
  }
  const cursors = new Map<string, string>()
  const ended = new Set<string>()

  function* pass(entry: TailedEntry): Generator<TailedEntry> {
    cursors.set(entry.stream, entry.id)
    if (isLast(entry.fields)) ended.add(entry.stream)
    else ended.delete(entry.stream)
    yield entry
  }

  for (const key of keys) cursors.set(key, await startOf(redis, key, options.from))
  for await (const entry of merge(keys.map((key) => pages(redis, key, cursors.get(key) ?? BEGINNING)))) {
    if (signal.aborted) return
    yield* pass(entry)
  }
  if (options.follow === 'no') return
  for (let lookAt = 0; !signal.aborted; ) {
    if (options.follow === 'end' && cursors.size > 0 && [...cursors.keys()].every((key) => ended.has(key)))
      return
    if (Date.now() >= lookAt) {
      await discover(redis, options.pattern, cursors, ended)
      lookAt = Date.now() + LOOK
    }
    for (const entry of await readNews(redis, cursors, signal)) yield* pass(entry)
  }
}

async function findStreams(redis: RedisClient, pattern: string): Promise<string[]> {
  const type = await redis.type(pattern)
  if (type === 'stream') return [pattern]
  if (isPattern(pattern)) return scanKeys(redis, pattern, 'stream')
  if (type === 'none') return []
  throw inspectError('STREAM_WRONG_TYPE', `${pattern} holds a ${type}`)
}

/** New streams are read from their beginning; one that is gone may come back with smaller ids. */
async function discover(
  redis: RedisClient,
  pattern: string,
  cursors: Map<string, string>,
  ended: Set<string>,
): Promise<void> {
  const there = new Set(await findStreams(redis, pattern))
  for (const key of there) if (!cursors.has(key)) cursors.set(key, BEGINNING)
  for (const key of cursors.keys()) {
    if (there.has(key)) continue
    cursors.set(key, BEGINNING)
    ended.add(key)
  }
}

/** The id after which to read, so that what was asked for comes next. */
async function startOf(redis: RedisClient, key: string, from: TailOptions['from']): Promise<string> {
  if (from.at === 'first') return BEGINNING
  if (from.at === 'id') return from.after
  const count = from.at === 'last' ? from.count : 0
  const newest = (await redis.xrevrange(key, '+', '-', 'COUNT', count + 1)) as RawEntry[]
  return newest.length > count ? (newest[count]?.[0] ?? BEGINNING) : BEGINNING
}

async function* pages(redis: RedisClient, stream: string, after: string): AsyncGenerator<TailedEntry> {
  for (let from = after; ; ) {
    const page = (await redis.xrange(stream, `(${from}`, '+', 'COUNT', PAGE)) as RawEntry[]
    for (const raw of page) yield { stream, ...toEntry(raw) }
    const last = page.at(-1)
    if (page.length < PAGE || !last) return
    from = last[0]
  }
}

/** Merges streams of entries into one that is ordered by id. */
async function* merge(sources: AsyncGenerator<TailedEntry>[]): AsyncGenerator<TailedEntry> {
  const heads = await Promise.all(sources.map(async (source) => ({ source, next: await source.next() })))
  for (;;) {
    const open = heads.filter((head) => !head.next.done)
    const [first] = open.sort((a, b) => compareEntryIds(a.next.value.id, b.next.value.id))
    if (!first) return
    yield first.next.value
    first.next = await first.source.next()
  }
}

async function readNews(
  redis: RedisClient,
  cursors: Map<string, string>,
  signal: AbortSignal,
): Promise<TailedEntry[]> {
  if (cursors.size === 0 || isCluster(redis)) await pause(CLUSTER_POLL, undefined, { signal }).catch(() => {})
  if (cursors.size === 0 || signal.aborted) return []
  const replies = isCluster(redis)
    ? (
        await Promise.all([...cursors].map(([key, id]) => redis.xread('COUNT', PAGE, 'STREAMS', key, id)))
      ).flatMap((reply) => reply ?? [])
    : await redis.xread('COUNT', PAGE, 'BLOCK', LOOK, 'STREAMS', ...cursors.keys(), ...cursors.values())
  const streams = (replies ?? []) as [string, RawEntry[]][]
  const entries = streams.flatMap(([stream, raws]) => raws.map((raw) => ({ stream, ...toEntry(raw) })))
  return entries.sort((a, b) => compareEntryIds(a.id, b.id))
}

/** Chat streams say when they have ended. */
function isLast(fields: Readonly<Record<string, string>>): boolean {
  return fields.kind === 'done' || fields.kind === 'error' || fields.data === '[DONE]'
}

/**
 * What `--from`, `--since` and `-n` mean together.
 * @param now in milliseconds
 * @throws AgentctlError TAIL_START_INVALID
 */
export function parseStart(
  from: string | undefined,
  since: number | undefined,
  count: number,
  now: number,
): TailOptions['from'] {
  if (from !== undefined && since !== undefined) {
    throw inspectError('TAIL_START_INVALID', '--from and --since contradict each other', { field: 'since' })
  }
  if (since !== undefined) return { at: 'id', after: `${Math.max(0, now - since)}-0` }
  if (from === undefined) return { at: 'last', count }
  if (from === 'first' || from === 'new') return { at: from }
  const id = /^\d+$/.test(from) ? `${from}-0` : from
  if (!parseEntryId(id))
    throw inspectError('TAIL_START_INVALID', `"${from}" is not an entry id`, { field: 'from' })
  return { at: 'id', after: id }
}
