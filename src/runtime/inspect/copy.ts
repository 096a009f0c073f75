import { loadScript, type RedisClient } from '../platform/redis/index.ts'
import { type RawEntry, toEntry } from '../platform/streams/index.ts'
import { inspectError } from './errors.ts'
import { readFacts } from './facts.ts'
import type { EntryFilter } from './filter.ts'
import { parsePlace } from './place.ts'

const script = loadScript(import.meta.url, 'copy-entries', 1)
/** Entries read at once, and bytes written at once, at most: an entry may have a megabyte. */
const [PAGE, BYTES] = [100, 1_000_000]
/** Words that Lua can pass on at once, with room to spare. */
const WORDS = 2_000

export interface CopyWish {
  from: string
  to: string
  /** First and last entry, both included, as XRANGE takes them; `end` is fixed before anything is copied. */
  start: string
  end: string
  /** Which of them. */
  wanted: EntryFilter
  /** Under the ids they have: those that are not behind what the target has already are left out. */
  keepIds: boolean
}

export interface CopyPlan {
  from: string
  to: string
  /** Entries in the range, and of them, those that are wanted. */
  entries: number
  wanted: number
  /** Entries the target has now; 0 when it is still to be made. */
  target_length: number
  /** The last entry of the range; null when there is none. */
  end: string | null
}

/**
 * What would be copied.
 * @throws AgentctlError STREAM_WRONG_TYPE when the target is something else, COPY_ONTO_ITSELF
 */
export async function planCopy(redis: RedisClient, wish: CopyWish): Promise<CopyPlan> {
  const { from, to } = wish
  if (from === to) throw inspectError('COPY_ONTO_ITSELF', `${from} is named twice`, { field: 'to' })
  const type = await redis.type(to)
  if (type !== 'none' && type !== 'stream')
    throw inspectError('STREAM_WRONG_TYPE', `${to} holds a ${type}`, { field: 'to' })
  // What is added meanwhile is not part of it, so that the plan holds.
  const [newest] = (await redis.xrevrange(from, wish.end, wish.start, 'COUNT', 1)) as RawEntry[]
  const plan = { from, to, entries: 0, wanted: 0, target_length: (await readTarget(redis, to)) ?? 0 }
  if (!newest) return { ...plan, end: null }
  for await (const page of pages(redis, { ...wish, end: newest[0] })) {
    plan.entries += page.length
    plan.wanted += page.filter((raw) => wish.wanted(toEntry(raw).fields)).length
  }
  return { ...plan, end: newest[0] }
}

async function readTarget(redis: RedisClient, to: string): Promise<number | undefined> {
  return (await redis.exists(to)) === 0 ? undefined : (await readFacts(redis, to))?.length
}

export interface Copied {
  copied: number
  /** Left out because the target has that id, or a later one, already. */
  skipped: number
}

/**
 * Copies what a plan has found; entries that have gone meanwhile are left out. The source stays as it is. Values are taken as UTF-8, as
 * everything here is; those that are not would change.
 */
export async function copyStream(redis: RedisClient, wish: CopyWish, plan: CopyPlan): Promise<Copied> {
  const result: Copied = { copied: 0, skipped: 0 }
  if (plan.end === null) return result
  for await (const page of pages(redis, { ...wish, end: plan.end })) {
    const wanted = page.filter((raw) => wish.wanted(toEntry(raw).fields))
    for (const batch of batches(wanted)) {
      const words = batch.flatMap(([id, fields]) => [id, fields.length, ...fields])
      const reply = await script(redis, [wish.to], [wish.keepIds ? '1' : '0', ...words])
      const [added, skipped] = reply as [number, number]
      result.copied += added
      result.skipped += skipped
    }
  }
  return result
}

async function* pages(
  redis: RedisClient,
  { from, start, end }: Pick<CopyWish, 'from' | 'start' | 'end'>,
): AsyncGenerator<RawEntry[]> {
  for (let next = start; ; ) {
    const page = (await redis.xrange(from, next, end, 'COUNT', PAGE)) as RawEntry[]
    if (page.length > 0) yield page
    const last = page.at(-1)
    if (page.length < PAGE || !last) return
    next = `(${last[0]}`
  }
}

/** Entries that fit into one command together; one that is larger goes alone. */
function* batches(entries: readonly RawEntry[]): Generator<RawEntry[]> {
  let batch: RawEntry[] = []
  let [bytes, words] = [0, 0]
  for (const entry of entries) {
    const size = entry[1].reduce((sum, word) => sum + word.length, 0)
    if (batch.length > 0 && (bytes + size > BYTES || words + entry[1].length > WORDS)) {
      yield batch
      batch = []
      bytes = words = 0
    }
    batch.push(entry)
    bytes += size
    words += entry[1].length
  }
  if (batch.length > 0) yield batch
}

/**
 * The ends of a range as XRANGE takes them.
 * @param from `first`, an entry id or a time; so is `to`, or `new` for the newest there is
 * @throws AgentctlError GROUP_PLACE_INVALID
 */
export function rangeOf(from: string | undefined, to: string | undefined): { start: string; end: string } {
  return { start: edge(from ?? 'first', '-', '-0'), end: edge(to ?? 'new', '+', '') }
}

/** @param suffix for a time: with `-0` its first entry, without, all of that millisecond */
function edge(text: string, open: string, suffix: string): string {
  const place = parsePlace(text)
  if (place.at === 'first') return '-'
  if (place.at === 'new') return '+'
  return place.at === 'time' ? `${place.ms}${suffix}` : place.after || open
}
