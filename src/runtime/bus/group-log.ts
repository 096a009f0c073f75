import { messageOf } from '../kernel/index.ts'
import { createBatcher, loadScript, type RedisClient } from '../platform/redis/index.ts'
import type { RawEntry } from '../platform/streams/index.ts'
import { deadLetterKey, groupKeys, lossesKey, streamKey } from './keys.ts'
import { DEDUPE_LIMIT } from './remembered.ts'

const beginScript = loadScript(import.meta.url, 'begin', 4)
const settleScript = loadScript(import.meta.url, 'settle', 4)
const deferScript = loadScript(import.meta.url, 'defer', 3)
const buryScript = loadScript(import.meta.url, 'bury', 4)
const renewScript = loadScript(import.meta.url, 'renew', 1)
const sweepScript = loadScript(import.meta.url, 'sweep', 5)
const ensureScript = loadScript(import.meta.url, 'ensure', 3)
const leaveScript = loadScript(import.meta.url, 'leave', 1)

/** An entry as one consumer holds it. Its id and delivery count together are the fence: the next delivery has another. */
export interface Held {
  entryId: string
  delivery: number
  /** '' for an entry that is no event. */
  eventId: string
}

export type Verdict = 'handle' | 'handled' | 'busy'
/** `unowned`: its group was made anew meanwhile; the event is remembered as handled all the same. */
export type Settled = 'acknowledged' | 'fenced' | 'unowned'

export interface Delivered {
  raw: RawEntry
  delivery: number
}

export interface Sweep {
  /** Where the next sweep goes on. */
  cursor: string
  taken: Delivered[]
  /** Entries found to be trimmed before this group had handled them. */
  lost: number
  /** When the next retry is due, in milliseconds; undefined for none. */
  nextDue: number | undefined
}

/** One consumer's part in one group of one stream. Every operation is one atomic step. */
export interface GroupLog {
  /** Makes the group where it is missing; returns where it begins, undefined when it was there. */
  ensure(from: string): Promise<string | undefined>
  /** Which of the entries just delivered are to be handled. */
  begin(entries: readonly Held[]): Promise<Verdict[]>
  /** Acknowledges, and remembers the event as handled; calls of one turn go out together. */
  settle(entry: Held): Promise<Settled>
  /** False when another delivery has taken the entry over. */
  defer(entry: Held, due: number): Promise<boolean>
  bury(entry: Held, reason: string, error: string): Promise<boolean>
  /** For each whether it is still held. */
  renew(entries: readonly Held[]): Promise<boolean[]>
  sweep(cursor: string, want: number): Promise<Sweep>
  /** Removes consumers that have been silent for `idle` milliseconds with nothing pending; `self` at once. */
  removeIdle(idle: number, self: boolean): Promise<void>
}

export interface GroupLogOptions {
  redis: RedisClient
  cluster: boolean
  type: string
  group: string
  consumer: string
  /** Milliseconds of silence after which an entry counts as abandoned. */
  lease: number
  /** Milliseconds for which handled events are remembered. */
  dedupeWindow: number
}

/** Entries of one call of a script, so that none holds up Redis for long. */
const BATCH = 200
const DEAD_LETTERS_KEPT = 100_000
const VERDICTS: readonly Verdict[] = ['handled', 'handle', 'busy']
const SETTLED: readonly Settled[] = ['fenced', 'acknowledged', 'unowned']

export function createGroupLog(options: GroupLogOptions): GroupLog {
  const { redis, type, group, consumer, lease, dedupeWindow } = options
  const stream = streamKey(type)
  const { retries, running, handled, handledOld, state } = groupKeys(stream, group)
  const letters = deadLetterKey(type, options.cluster)

  const settling = createBatcher<Held, Settled>(BATCH, async (entries) => {
    const ids = entries.map(({ entryId }) => entryId)
    const [low, high] = [ids[0] as string, ids.at(-1) as string]
    // Settled out of order: the whole pending list, of which the script reads as much as it needs.
    const range = entries.length === 1 ? [low, high] : ['-', '+']
    const args = [group, consumer, Date.now(), ...range, dedupeWindow, DEDUPE_LIMIT]
    for (const { entryId, delivery, eventId } of entries) args.push(entryId, delivery, eventId)
    const verdicts = (await settleScript(redis, [stream, running, handled, handledOld], args)) as number[]
    return verdicts.map((verdict) => SETTLED[verdict] as Settled)
  })

  return {
    async ensure(from) {
      return (
        ((await ensureScript(redis, [stream, state, retries], [group, from])) as string | null) ?? undefined
      )
    },
    async begin(entries) {
      const verdicts: Verdict[] = []
      for (let at = 0; at < entries.length; at += BATCH) {
        const args = [group]
        for (const { eventId, entryId } of entries.slice(at, at + BATCH)) args.push(eventId, entryId)
        const page = (await beginScript(redis, [stream, running, handled, handledOld], args)) as number[]
        verdicts.push(...page.map((verdict) => VERDICTS[verdict] as Verdict))
      }
      return verdicts
    },
    settle: (entry) => settling.add(entry),
    async defer({ entryId, delivery, eventId }, due) {
      const args = [group, consumer, entryId, delivery, eventId, due]
      return (await deferScript(redis, [stream, retries, running], args)) === 1
    },
    async bury({ entryId, delivery, eventId }, reason, error) {
      const now = new Date().toISOString()
      const args = [group, consumer, entryId, delivery, eventId, reason, error, now, DEAD_LETTERS_KEPT]
      return (await buryScript(redis, [stream, retries, running, letters], args)) !== null
    },
    async renew(entries) {
      const held: boolean[] = []
      for (let at = 0; at < entries.length; at += BATCH) {
        const args: (string | number)[] = [group, consumer]
        for (const { entryId, delivery } of entries.slice(at, at + BATCH)) args.push(entryId, delivery)
        held.push(...((await renewScript(redis, [stream], args)) as number[]).map((verdict) => verdict === 1))
      }
      return held
    },
    async sweep(cursor, want) {
      const keys = [stream, retries, running, state, lossesKey(stream)]
      const args = [group, consumer, lease, want, cursor, Date.now()]
      const [next, taken, lost, due] = (await sweepScript(redis, keys, args)) as [
        string,
        [string, string[], number][],
        number,
        string,
      ]
      return {
        cursor: next,
        taken: taken.map(([id, fields, delivery]) => ({ raw: [id, fields], delivery })),
        lost,
        nextDue: due === '' ? undefined : Number(due),
      }
    },
    async removeIdle(idle, self) {
      await leaveScript(redis, [stream], [group, self ? consumer : '', idle])
    },
  }
}

/** Whether an error says that the group, or its stream, is gone. */
export function isLostGroup(error: unknown): boolean {
  return /NOGROUP|UNBLOCKED|no longer exists|no such key/.test(messageOf(error))
}

/** Makes a group that reads a type from its first event on, where it is missing; before anybody of it is there. */
export async function ensureGroup(redis: RedisClient, type: string, group: string): Promise<void> {
  const stream = streamKey(type)
  const { state, retries } = groupKeys(stream, group)
  await ensureScript(redis, [stream, state, retries], [group, '0'])
}
