import { type Answer, askAll, isAway, isCluster, type RedisClient } from '../../platform/redis/index.ts'
import { countAlive, longestIdle } from './readings.ts'
import type { Refusals } from './refusals.ts'
import type { GroupDetail } from './rows.ts'
import { type Candidate, type Look, type StreamTable, toQuestions } from './stream-table.ts'
import { chooseDue, createTurns, MOST_STREAMS, nextBudget } from './turns.ts'

/** Looks at streams and their groups, as many at a time as Redis has time for. */
export interface Looks {
  /** Takes streams to look at from now on. Those beyond KNOWN_LIMIT are counted only. */
  add(streams: readonly string[]): void
  /**
   * @param ping milliseconds to Redis and back
   * @throws Error of the driver
   */
  look(ping: number): Promise<void>
  /** Streams looked at in the last look; undefined when it were all. */
  readonly limited: number | undefined
  /** Streams that this user may not read. */
  readonly hidden: number
  /** Whether there are more than can be known. */
  readonly overflown: boolean
}

export const KNOWN_LIMIT = 20_000
/** Streams asked about in one go. */
const STEP = 100
/** Milliseconds within which every group's consumers and pending entries are asked after. */
const DETAILS_EVERY = 5_000
/** Groups and their consumers in one look, at most. */
const MOST_GROUPS = 400
const MOST_CONSUMERS = 4_000
/** Pending entries looked at for the oldest one: the oldest ids come first, and are mostly those. */
const OLDEST_OF = 10
/** Milliseconds after which a stream that may not be read is tried again. */
const FORGET_HIDDEN = 60_000

export function createLooks(
  redis: RedisClient,
  table: StreamTable,
  refusals: Refusals,
  monotonic: () => number,
): Looks {
  const turns = createTurns<string>(table.keys)
  let hidden = new Set<string>()
  let hiddenSince = monotonic()
  let budget = MOST_STREAMS
  let limited: number | undefined
  let overflown = false
  let lastDetails: number | undefined

  async function lookAt(looks: readonly Look[]): Promise<void> {
    const answers = await askAll(redis, looks.flatMap(toQuestions))
    failWhenAway(answers)
    const at = monotonic()
    let from = 0
    for (const look of looks) {
      const verdict = table.settle(look, answers.slice(from, from + look.parts.length), at)
      from += look.parts.length
      if (verdict === 'hidden') hidden.add(look.key)
      if (verdict === 'hidden' || verdict === 'gone') remove(look.key)
      else turns.settle(look.key, verdict === 'changed')
    }
  }

  function remove(key: string): void {
    table.drop(key)
    turns.drop(key)
  }

  /** Questions to a server that is away are what an outage looks like; in a cluster, others may still answer. */
  function failWhenAway(answers: readonly Answer[]): void {
    if (isCluster(redis)) return
    const error = answers.find((answer) => answer.error && isAway(answer.error))?.error
    if (error) throw error
  }

  async function lookAtDetails(): Promise<void> {
    const [consumers, pending] = [refusals.allows('consumers'), refusals.allows('pending')]
    if (!consumers && !pending) return
    const now = monotonic()
    const candidates = table.candidates()
    const share = Math.ceil((candidates.length * (now - (lastDetails ?? -DETAILS_EVERY))) / DETAILS_EVERY)
    lastDetails = now
    if (candidates.length === 0 || share === 0) return
    const chosen = chooseDue(candidates, Math.min(share, MOST_GROUPS), MOST_CONSUMERS)
    const asked = chosen.flatMap((candidate) => detailsOf(candidate, consumers, pending))
    const answers = await askAll(
      redis,
      asked.map(({ candidate: { stream }, words }) => ({ key: stream, words })),
    )
    failWhenAway(answers)
    for (const [i, { candidate, part, read }] of asked.entries()) {
      const answer = answers[i] as Answer
      if (answer.error) refusals.note(part, answer.error)
      else table.detail(candidate, read(answer.value), now)
    }
  }

  return {
    add(streams) {
      if (hidden.size > 0 && monotonic() - hiddenSince >= FORGET_HIDDEN) hidden = new Set()
      if (hidden.size === 0) hiddenSince = monotonic()
      for (const stream of streams) {
        if (hidden.has(stream) || table.keys.has(stream)) continue
        overflown = table.keys.size >= KNOWN_LIMIT
        if (overflown) continue
        table.add(stream)
        turns.settle(stream, true)
      }
    },
    async look(ping) {
      const chosen = turns.take(budget)
      limited = chosen.length < table.keys.size ? chosen.length : undefined
      const from = monotonic()
      for (let at = 0; at < chosen.length; at += STEP) {
        await lookAt(chosen.slice(at, at + STEP).map((key) => table.plan(key)))
      }
      const way = ping * Math.ceil(chosen.length / STEP)
      budget = nextBudget(budget, chosen.length, monotonic() - from - way)
      await lookAtDetails()
    },
    get limited() {
      return limited
    },
    get hidden() {
      return hidden.size
    },
    get overflown() {
      return overflown
    },
  }
}

interface Asked {
  candidate: Candidate
  part: 'consumers' | 'pending'
  words: readonly [string, ...(string | number)[]]
  read(value: unknown): Partial<GroupDetail>
}

function detailsOf(candidate: Candidate, consumers: boolean, pending: boolean): Asked[] {
  const { stream, group } = candidate
  const asked: Asked[] = []
  if (consumers && candidate.consumers > 0)
    asked.push({
      ...{ candidate, part: 'consumers', words: ['XINFO', 'CONSUMERS', stream, group] },
      read: (value) => ({ alive: countAlive(value, candidate.hasWork) }),
    })
  if (pending && candidate.pending > 0)
    asked.push({
      ...{ candidate, part: 'pending', words: ['XPENDING', stream, group, '-', '+', OLDEST_OF] },
      read: (value) => ({ oldest_idle_ms: longestIdle(value) }),
    })
  return asked
}
