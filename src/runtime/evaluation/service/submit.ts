import type { Logger } from '../../kernel/index.ts'
import { messageOf } from '../../kernel/index.ts'
import { type Durably, unconfirmedWork } from '../../platform/redis/index.ts'
import { evaluationError } from '../errors.ts'
import { type EventTarget, emitFacts, queuedFacts } from '../events.ts'
import { QUEUE_PREFIX, recordKey } from '../keys.ts'
import { type EvaluationJob, isTerminal, type Status, type Submission } from '../messages.ts'
import type { EvaluationQueue } from '../queue.ts'
import type { Records } from '../records.ts'
import { digestOf, toJob } from './accept.ts'
import type { Capacity } from './capacity.ts'
import { newEvalId } from './eval-id.ts'
import type { Lookup } from './lookup.ts'
import { checkSame, type Request, type Requests } from './requests.ts'

export interface Submitted {
  eval_id: string
  status: Status
  /** False when it repeats what was submitted before. */
  fresh: boolean
}

/**
 * Takes a submission; it is in the queue when this resolves.
 * @param key with the same key, the same submission is the same evaluation
 * @throws AgentctlError EVAL_QUEUE_FULL, EVAL_CODE_TOO_LARGE, EVAL_KEY_REUSED, EVAL_ROWS_AWAY
 */
export type Submit = (submission: Submission, key?: string) => Promise<Submitted>

export interface SubmitOptions {
  records: Records
  queue: EvaluationQueue
  events: EventTarget
  requests: Requests
  capacity: Capacity
  lookup: Lookup
  /** What has a submission confirmed. */
  durably?: Durably
  /** Told before something is sent. */
  onSend(): void
  log: Logger
  /** Milliseconds since 1970. */
  now?: () => number
}

export function createSubmit(options: SubmitOptions): Submit {
  const { records, queue, events, requests, capacity, lookup, onSend, log, now = Date.now } = options
  const { durably = unconfirmedWork } = options

  /**
   * Record, job and event leave in one go. The job is what counts: who takes it makes the record if that is missing, and
   * tells the event if nobody is known to have told it. Each may be repeated.
   */
  async function send(job: EvaluationJob, again: boolean): Promise<void> {
    onSend()
    await durably([recordKey(job.eval_id), QUEUE_PREFIX], () =>
      Promise.all([records.create(job), queue.add(job), emitFacts(events, queuedFacts(job), { again })]),
    )
    later(records.told(job.eval_id))
  }

  /** Nobody waits for it, and a failure costs a look later. */
  function later(work: Promise<unknown>): void {
    work.catch((error) => log.debug({ reason: messageOf(error) }, 'noting that something is done failed'))
  }

  async function once(submission: Submission): Promise<Submitted> {
    const job = toJob(submission, newEvalId(now()), new Date(now()).toISOString())
    if ((await capacity.isFull()) || !capacity.add()) throw capacity.refusal()
    await send(job, false)
    return { eval_id: job.eval_id, status: 'queued', fresh: true }
  }

  async function withKey(submission: Submission, key: string): Promise<Submitted> {
    const digest = digestOf(JSON.stringify(submission))
    const fresh: Request = { eval_id: newEvalId(now()), queued_at: new Date(now()).toISOString(), digest }
    toJob(submission, fresh.eval_id, fresh.queued_at) // refuses what is too large, before the key is used
    // A repeat is answered although the queue is full.
    const full = await capacity.isFull()
    const request = full ? await requests.find(key) : await requests.claim(key, fresh)
    if (request === undefined) throw capacity.refusal()
    checkSame(request, digest)
    const mine = request.eval_id === fresh.eval_id
    const known = mine ? undefined : await knownStatus(request)
    const answer = { eval_id: request.eval_id, fresh: mine }
    if (known !== undefined && (request.submitted || isTerminal(known))) return { ...answer, status: known }

    // It is new, or whoever began it has not come to the end, and may never.
    if (known === undefined && !capacity.add()) throw capacity.refusal()
    await send(toJob(submission, request.eval_id, request.queued_at), true)
    later(requests.submitted(key, request))
    return { ...answer, status: known ?? 'queued' }
  }

  /** What was in the queue once must not run again only because its row cannot be read. */
  async function knownStatus(request: Request): Promise<Status | undefined> {
    const status = await lookup.status(request.eval_id)
    if (status !== undefined || !request.submitted || lookup.hasRows) return status
    throw evaluationError('EVAL_ROWS_AWAY', `what became of ${request.eval_id} is only in the database`)
  }

  return (submission, key) => (key === undefined ? once(submission) : withKey(submission, key))
}
