import { typeOfDeadLetters } from '../../bus/index.ts'
import { timeOfId } from '../../inspect/index.ts'
import { type Answer, isOnTheMove, type Question } from '../../platform/redis/index.ts'
import type { DeadLetterRow, GroupRow, StreamRow } from '../snapshot.ts'
import { type GroupReading, readGroups, readStream, type StreamReading } from './readings.ts'
import { isHidden, type RefusablePart, type Refusals } from './refusals.ts'
import { addDetail, type GroupDetail, type Timed, toGroupRow, toStreamRow } from './rows.ts'

type Part = Extract<RefusablePart, 'length' | 'stream' | 'group'>

/** One look at one stream: what is asked together. */
export interface Look {
  key: string
  parts: readonly Part[]
}

export type Verdict = 'changed' | 'same' | 'gone' | 'hidden'

interface KnownGroup {
  group: Timed<GroupReading>
  row: GroupRow
  /** When its consumers and pending entries were last asked after. */
  detailed: number | undefined
}

interface Known {
  row: StreamRow | undefined
  facts: Timed<StreamReading> | undefined
  /** Looks since then. */
  age: number
  groups: Map<string, KnownGroup>
}

/** A group whose consumers and pending entries may be asked after. */
export interface Candidate {
  stream: string
  group: string
  asked: number | undefined
  cost: number
  consumers: number
  pending: number
  /** Pending entries or lag, as far as Redis can tell. */
  hasWork: boolean
}

/** What is known of streams and their groups. A row is replaced when it is looked at again; what is gone leaves nothing. */
export interface StreamTable {
  readonly keys: Pick<ReadonlySet<string>, 'size' | 'has' | 'keys'>
  add(key: string): void
  drop(key: string): void
  /** What to ask of a stream this time. */
  plan(key: string): Look
  /** @param at monotonic, when it was asked */
  settle(look: Look, answers: readonly Answer[], at: number): Verdict
  candidates(): Candidate[]
  detail(candidate: Candidate, detail: Partial<GroupDetail>, at: number): void
  streams(): StreamRow[]
  groups(): GroupRow[]
  deadLetters(): DeadLetterRow[]
}

/** Characters of a stream's first and last entry above which they are fetched in every tenth look only. */
const HEAVY = 32_768
const HEAVY_AGE = 10
const COMMANDS: Record<Part, (key: string) => Question['words']> = {
  length: (key) => ['XLEN', key],
  stream: (key) => ['XINFO', 'STREAM', key],
  group: (key) => ['XINFO', 'GROUPS', key],
}

export function toQuestions({ key, parts }: Look): Question[] {
  return parts.map((part) => ({ key, words: COMMANDS[part](key) }))
}

export function createStreamTable(kindOf: (stream: string) => string, refusals: Refusals): StreamTable {
  const table = new Map<string, Known>()
  let order: string[] | undefined

  function sorted(): Known[] {
    order ??= [...table.keys()].sort()
    return order.map((key) => table.get(key) as Known)
  }

  function drop(key: string): void {
    if (table.delete(key)) order = undefined
  }

  /** Undefined where the answer says nothing of the stream. */
  function judge(part: Part, { message }: Error): Verdict | undefined {
    if (/no such key|^WRONGTYPE/.test(message)) return 'gone'
    if (isHidden(message)) return 'hidden'
    refusals.note(part, new Error(message))
    return undefined
  }

  function update(key: string, known: Known, told: Map<Part, unknown>, at: number): boolean {
    const before = known.row
    const factsBefore = known.facts
    if (told.has('stream')) {
      known.facts = { reading: readStream(told.get('stream')), at }
      known.age = 0
    } else {
      known.age += 1
    }
    const length = told.has('length') ? Number(told.get('length')) : (known.facts?.reading.length ?? 0)
    const current = known.age === 0 ? known.facts?.reading : undefined
    if (told.has('group')) {
      known.groups = toGroups(key, known.groups, readGroups(told.get('group')), current, length, at)
    } else if (current?.groups === 0) {
      known.groups = new Map()
    }
    const groups = [...known.groups.values()].map(({ row }) => row)
    known.row = toStreamRow(before, {
      ...{ stream: key, kind: before?.kind ?? kindOf(key), length, groups },
      ...{ facts: known.facts, factsBefore },
    })
    return hasChanged(before, known.row)
  }

  return {
    keys: table,
    add(key) {
      if (table.has(key)) return
      table.set(key, { row: undefined, facts: undefined, age: 0, groups: new Map() })
      order = undefined
    },
    drop,
    plan(key) {
      const { facts, age, row } = table.get(key) as Known
      const stale =
        facts === undefined || facts.reading.weight < HEAVY || age >= HEAVY_AGE || row?.length === 0
      const parts: Part[] = ['length', 'stream', 'group']
      const close = stale && refusals.allows('stream')
      const wanted = { length: !close, stream: close, group: facts === undefined || facts.reading.groups > 0 }
      return { key, parts: parts.filter((part) => wanted[part] && refusals.allows(part)) }
    },
    settle({ key, parts }, answers, at) {
      const known = table.get(key)
      if (!known) return 'gone'
      const told = new Map<Part, unknown>()
      for (const [i, part] of parts.entries()) {
        const answer = answers[i] as Answer
        if (answer.error === undefined) told.set(part, answer.value)
        else if (isOnTheMove(answer.error)) return 'same'
        else {
          const verdict = judge(part, answer.error)
          if (verdict !== undefined) return verdict
        }
      }
      if (told.size === 0) return 'same'
      // Where only the length may be asked, nothing else tells that a stream is gone.
      if (told.get('length') === 0 && !refusals.allows('stream')) return 'gone'
      return update(key, known, told, at) ? 'changed' : 'same'
    },
    candidates: () =>
      [...table.values()].flatMap(({ groups }) =>
        [...groups.values()].flatMap(({ row, detailed }): Candidate[] => {
          const { stream, group, consumers, pending, lag } = row
          if (consumers === 0 && pending === 0) return []
          const hasWork = pending > 0 || lag !== 0
          return [{ stream, group, consumers, pending, hasWork, asked: detailed, cost: consumers + 10 }]
        }),
      ),
    detail({ stream, group }, told, at) {
      const known = table.get(stream)
      const found = known?.groups.get(group)
      if (!found) return
      found.row = addDetail(found.row, told)
      found.detailed = at
    },
    streams: () => sorted().flatMap(({ row }) => row ?? []),
    groups: () => sorted().flatMap(({ groups }) => [...groups.values()].map(({ row }) => row)),
    deadLetters: () => sorted().flatMap(toDeadLetters),
  }
}

function toGroups(
  stream: string,
  before: ReadonlyMap<string, KnownGroup>,
  readings: readonly GroupReading[],
  facts: StreamReading | undefined,
  length: number,
  at: number,
): Map<string, KnownGroup> {
  return new Map(
    readings.map((reading) => {
      const old = before.get(reading.group)
      const group = { reading, at }
      const row = toGroupRow(stream, old, group, facts, length)
      return [reading.group, { group, row, detailed: old?.detailed }]
    }),
  )
}

function hasChanged(before: StreamRow | undefined, after: StreamRow): boolean {
  if (!before) return false
  return (
    before.length !== after.length ||
    before.last_id !== after.last_id ||
    before.pending !== after.pending ||
    before.lag !== after.lag ||
    before.out_rate !== after.out_rate
  )
}

function toDeadLetters({ row, facts }: Known): DeadLetterRow[] {
  const type = row ? typeOfDeadLetters(row.stream) : undefined
  if (!row || !facts || type === undefined || row.length === 0) return []
  const [oldest, newest] = [timeOfId(facts.reading.first_id), timeOfId(facts.reading.last_id)]
  return oldest === null || newest === null ? [] : [{ type, count: row.length, oldest, newest }]
}
