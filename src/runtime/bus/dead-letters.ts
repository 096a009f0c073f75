import { isCluster, loadScript, type RedisClient, scanKeys } from '../platform/redis/index.ts'
import { type RawEntry, toEntry } from '../platform/streams/index.ts'
import { busError } from './errors.ts'
import { checkEventType, DEAD_LETTER_STREAMS, deadLetterKey, streamKey, typeOfDeadLetters } from './keys.ts'

const redeliverScript = loadScript(import.meta.url, 'redeliver', 2)

/** An event that could not be handled, as it was, with what became of it. */
export interface DeadLetter {
  /** Its entry id among the dead letters. */
  id: string
  /** The fields of the event's entry; of an undecodable one, whatever they were. */
  fields: Readonly<Record<string, string>>
  /** Stream, entry id, group and consumer it comes from. */
  origin: { stream: string; entry: string; group: string; consumer: string }
  deliveries: number
  reason: string
  error: string
  /** ISO 8601: when it was given up. */
  time: string
}

export interface DeadLetterCount {
  type: string
  count: number
  /** ISO 8601: since when the oldest and the newest are there. */
  oldest: string
  newest: string
}

export interface Retried {
  /** Id of the dead letter, which is gone. */
  letter: string
  /** Id under which its event is in its stream again. */
  entry: string
}

/** The events of each type that could not be handled. */
export interface DeadLetters {
  /** Types that have dead letters, in alphabetical order. */
  list(): Promise<DeadLetterCount[]>
  /** Oldest first. `next` continues where the page ends; null at the end. */
  show(
    type: string,
    options?: { from?: string; limit?: number },
  ): Promise<{ letters: DeadLetter[]; next: string | null }>
  /** @throws AgentctlError EVENT_NOT_FOUND */
  get(type: string, id: string): Promise<DeadLetter>
  /**
   * Puts events back into their stream, each for the group that could not handle it. `all` are those that are there now;
   * one that fails again meanwhile is left alone. Ids that are not there have no part in the answer.
   */
  retry(type: string, ids: readonly string[] | 'all', limit?: number): Promise<Retried[]>
  /** @param options.before milliseconds since 1970: only those that were given up earlier */
  count(type: string, options?: { before?: number }): Promise<number>
  /** Forgets them for good; returns how many. */
  purge(type: string, options?: { before?: number }): Promise<number>
}

/** Letters in one command, so that none holds up Redis: each may have a megabyte. */
const PAGE = 50
const ID = /^\d{1,20}(-\d{1,20})?$/

/** Where `bury.lua` says what became of an event. A field `x-group` without the others says whom a retry is for. */
const OURS = new Set(
  ['stream', 'entry', 'group', 'consumer', 'deliveries', 'reason', 'error', 'time'].map(
    (name) => `x-${name}`,
  ),
)

export function createDeadLetters({ redis }: { redis: RedisClient }): DeadLetters {
  const keyOf = (type: string) => deadLetterKey(checkEventType(type), isCluster(redis))

  async function page(key: string, from: string, to: string, count: number): Promise<RawEntry[]> {
    return (await redis.xrange(key, from, to, 'COUNT', count)) as RawEntry[]
  }

  async function newestId(key: string): Promise<string | undefined> {
    const [raw] = (await redis.xrevrange(key, '+', '-', 'COUNT', 1)) as RawEntry[]
    return raw?.[0]
  }

  async function describe(key: string): Promise<DeadLetterCount | undefined> {
    const type = typeOfDeadLetters(key)
    if (type === undefined) return undefined
    const [count, [oldest], newest] = await Promise.all([
      redis.xlen(key),
      page(key, '-', '+', 1),
      newestId(key),
    ])
    if (!oldest || newest === undefined) return undefined
    return { type, count, oldest: timeOf(oldest[0]), newest: timeOf(newest) }
  }

  async function redeliver(type: string, ids: readonly string[]): Promise<Retried[]> {
    if (ids.length === 0) return []
    const entries = (await redeliverScript(redis, [keyOf(type), streamKey(type)], ids)) as string[]
    return ids.flatMap((letter, i) => (entries[i] ? [{ letter, entry: entries[i] }] : []))
  }

  return {
    async list() {
      const keys = await scanKeys(redis, DEAD_LETTER_STREAMS, 'stream')
      const counts = await Promise.all(keys.map(describe))
      return counts.filter((count) => count !== undefined)
    },
    async show(type, { from = '-', limit = 100 } = {}) {
      const key = keyOf(type)
      if (from !== '-') checkId(from)
      const letters: DeadLetter[] = []
      let start = from
      while (letters.length <= limit) {
        const wanted = Math.min(PAGE, limit + 1 - letters.length)
        const raws = await page(key, start, '+', wanted)
        letters.push(...raws.map(toLetter))
        start = `(${raws.at(-1)?.[0]}`
        if (raws.length < wanted) break
      }
      return { letters: letters.slice(0, limit), next: letters[limit]?.id ?? null }
    },
    async get(type, id) {
      const [raw] = await page(keyOf(type), checkId(id), id, 1)
      if (raw) return toLetter(raw)
      throw busError('EVENT_NOT_FOUND', `${type} has no dead letter ${id}`)
    },
    async retry(type, ids, limit = Number.POSITIVE_INFINITY) {
      const key = keyOf(type)
      const retried: Retried[] = []
      if (ids !== 'all') {
        const wanted = ids.map(checkId).slice(0, limit)
        for (let at = 0; at < wanted.length; at += PAGE)
          retried.push(...(await redeliver(type, wanted.slice(at, at + PAGE))))
        return retried
      }
      const last = await newestId(key)
      while (last !== undefined && retried.length < limit) {
        const raws = await page(key, '-', last, Math.min(PAGE, limit - retried.length))
        if (raws.length === 0) break
        retried.push(
          ...(await redeliver(
            type,
            raws.map(([id]) => id),
          )),
        )
      }
      return retried
    },
    async count(type, { before } = {}) {
      const key = keyOf(type)
      if (before === undefined) return redis.xlen(key)
      let count = 0
      for (let from = '-'; ; ) {
        const raws = await page(key, from, `(${minIdOf(before)}`, PAGE)
        count += raws.length
        if (raws.length < PAGE) return count
        from = `(${raws.at(-1)?.[0]}`
      }
    },
    async purge(type, { before } = {}) {
      const key = keyOf(type)
      // Trimmed, not deleted: how many there were is then known exactly, whatever is added meanwhile.
      return before === undefined ? redis.xtrim(key, 'MAXLEN', 0) : redis.xtrim(key, 'MINID', minIdOf(before))
    },
  }
}

function toLetter(raw: RawEntry): DeadLetter {
  const { id, fields: all } = toEntry(raw)
  const fields = Object.fromEntries(Object.entries(all).filter(([name]) => !OURS.has(name)))
  return {
    id,
    fields,
    origin: {
      stream: all['x-stream'] ?? '',
      entry: all['x-entry'] ?? '',
      group: all['x-group'] ?? '',
      consumer: all['x-consumer'] ?? '',
    },
    deliveries: Number(all['x-deliveries'] ?? 0),
    reason: all['x-reason'] ?? '',
    error: all['x-error'] ?? '',
    time: all['x-time'] ?? timeOf(id),
  }
}

/** @throws AgentctlError EVENT_CURSOR_INVALID */
function checkId(id: string): string {
  if (ID.test(id)) return id
  throw busError('EVENT_CURSOR_INVALID', `${JSON.stringify(id.slice(0, 100))} is no id of a dead letter`, {
    field: 'id',
  })
}

function timeOf(id: string): string {
  return new Date(Number.parseInt(id, 10)).toISOString()
}

function minIdOf(ms: number): string {
  return `${Math.max(0, Math.floor(ms))}-0`
}
