import { randomUUID } from 'node:crypto'
import { loadScript, type RedisClient } from '../platform/redis/index.ts'
import { queuedFacts } from './events.ts'
import { recordKey } from './keys.ts'
import { type EvaluationJob, type Facts, mergeFacts, SEQ_ENDED, type Status } from './messages.ts'

const createScript = loadScript(import.meta.url, 'create', 1)
const beginScript = loadScript(import.meta.url, 'begin', 1)
const finishScript = loadScript(import.meta.url, 'finish', 1)
const cancelScript = loadScript(import.meta.url, 'cancel', 1)
const toldScript = loadScript(import.meta.url, 'told', 1)
const settleScript = loadScript(import.meta.url, 'settle', 1)

/** Milliseconds for which a record is kept after each write: longer than storage is likely to be away. */
export const RECORD_TTL = 7 * 24 * 3_600_000
/** Milliseconds for which the record of an end is kept once its row is stored. */
export const SETTLED_TTL = 60_000

/** How far an evaluation has come. */
export interface RecordState {
  status: Status
  seq: number
  /** Attempts that have begun. */
  attempts: number
  /** Somebody wants it to be ended. */
  cancel: boolean
}

/** The end of an evaluation, with a terminal status. */
export type End = Omit<Facts, 'seq' | 'eval_id'>

/** `untold`: nobody is known to have told that it was queued, so whoever comes across it should. */
export type Begun =
  | { state: 'go'; attempt: number; facts: Facts; untold: boolean }
  | { state: 'ended'; facts: Facts; untold: boolean }
  | { state: 'cancel'; attempt: number; untold: boolean }

export type Cancelled = { state: 'cancelled'; facts: Facts } | { state: 'ended' | 'requested' | 'unknown' }

/**
 * What is known of evaluations until their rows are stored: one hash each, which decides who may begin and whose end counts.
 * Every operation is one atomic step, and may be repeated when its answer was lost.
 */
export interface Records {
  /** Makes the record of an evaluation that waits; keeps what is there already. */
  create(job: EvaluationJob): Promise<void>
  /** All that is known, merged. */
  read(id: string): Promise<Facts | undefined>
  readState(id: string): Promise<RecordState | undefined>
  /**
   * Counts an attempt; makes the record where Redis has lost it. `facts` are those of this run, or of the end that it came
   * to already. `cancel` counts nothing: it is to be finished as cancelled.
   */
  begin(job: EvaluationJob, by: { worker: string; startedAt: string }): Promise<Begun>
  /**
   * Ends an evaluation unless it has ended, or an attempt newer than this one has begun: a worker that was paused must not
   * overwrite what another did meanwhile. Of a cancellation it does not matter which attempt it is.
   * @returns the end that counts; not `won` and not terminal: another attempt goes on
   */
  finish(id: string, attempt: number, end: End): Promise<{ won: boolean; facts: Facts }>
  /** What waits is ended at once; what runs is marked, for its worker to end it. */
  cancel(id: string, at?: string): Promise<Cancelled>
  /** Those of the evaluations that are to be cancelled. */
  cancelRequested(ids: readonly string[]): Promise<string[]>
  /** Notes that the event `evaluation.queued` is out. */
  told(id: string): Promise<void>
  /** The rows of these are stored: records of evaluations that have ended go within a minute. */
  settleSoon(ids: readonly string[]): Promise<void>
}

export function createRecords(redis: RedisClient): Records {
  return {
    async create(job) {
      await createScript(redis, [recordKey(job.eval_id)], [JSON.stringify(queuedFacts(job)), RECORD_TTL])
    },
    async read(id) {
      const parts = await redis.hmget(recordKey(id), 'queued', 'running', 'ended')
      const known = parts.flatMap((part) => (part === null ? [] : [parse(part)]))
      return known.length === 0 ? undefined : known.reduce(mergeFacts)
    },
    async readState(id) {
      const [status, seq, attempts, cancel] = await redis.hmget(
        recordKey(id),
        'status',
        'seq',
        'attempts',
        'cancel',
      )
      if (!status) return undefined
      return {
        status: status as Status,
        seq: Number(seq),
        attempts: Number(attempts ?? 0),
        cancel: cancel === '1',
      }
    },
    async begin(job, { worker, startedAt }) {
      const running = { eval_id: job.eval_id, status: 'running', started_at: startedAt, worker }
      const args = [
        randomUUID(),
        JSON.stringify(queuedFacts(job)),
        JSON.stringify(running).slice(0, -1),
        RECORD_TTL,
      ]
      const reply = await beginScript(redis, [recordKey(job.eval_id)], args)
      const [state, attempt, json, mark] = reply as [Begun['state'], number, string, number]
      const untold = mark === 1
      if (state === 'cancel') return { state, attempt, untold }
      return state === 'go'
        ? { state, attempt, facts: parse(json), untold }
        : { state, facts: parse(json), untold }
    },
    async finish(id, attempt, end) {
      const facts = toEnd(id, end)
      const fence = end.status === 'cancelled' ? '' : attempt
      const args = [fence, end.status, SEQ_ENDED, JSON.stringify(facts), RECORD_TTL]
      const [won, other] = (await finishScript(redis, [recordKey(id)], args)) as [number, string]
      return won === 1 ? { won: true, facts } : { won: false, facts: parse(other) }
    },
    async cancel(id, at = new Date().toISOString()) {
      const facts = cancelledFacts(id, at)
      const args = [SEQ_ENDED, JSON.stringify(facts), RECORD_TTL]
      const state = (await cancelScript(redis, [recordKey(id)], args)) as Cancelled['state']
      return state === 'cancelled' ? { state, facts } : { state }
    },
    async cancelRequested(ids) {
      const flags = await Promise.all(ids.map((id) => redis.hget(recordKey(id), 'cancel')))
      return ids.filter((_, i) => flags[i] === '1')
    },
    async told(id) {
      await toldScript(redis, [recordKey(id)], [])
    },
    async settleSoon(ids) {
      await Promise.all(ids.map((id) => settleScript(redis, [recordKey(id)], [SETTLED_TTL])))
    },
  }
}

/** The end of an evaluation that never began. */
export function cancelledFacts(id: string, finishedAt: string): Facts {
  return toEnd(id, {
    status: 'cancelled',
    finished_at: finishedAt,
    reason: null,
    detail: null,
    exit_code: null,
    signal: null,
    stdout: '',
    stderr: '',
    truncated: false,
    oom_seen: false,
    duration_ms: null,
  })
}

const toEnd = (id: string, end: End): Facts => ({ ...end, eval_id: id, seq: SEQ_ENDED })

/** What is in a record was written here. */
const parse = (json: string) => JSON.parse(json) as Facts
