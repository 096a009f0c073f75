import { type Logger, messageOf } from '../../kernel/index.ts'
import type { RedisClient } from '../../platform/redis/index.ts'
import { evaluationError } from '../errors.ts'
import { type EventTarget, emitFacts } from '../events.ts'
import { CANCEL_CHANNEL, ENDED_CHANNEL } from '../keys.ts'
import { type Facts, isTerminal, type Status } from '../messages.ts'
import type { EvaluationQueue } from '../queue.ts'
import { cancelledFacts, type Records } from '../records.ts'
import type { Lookup } from './lookup.ts'

export interface CancelOptions {
  redis: RedisClient
  records: Records
  queue: Pick<EvaluationQueue, 'remove'>
  events: EventTarget
  lookup: Lookup
  /** Told of what has ended by this. */
  onEnded(end: Facts): void
  log: Logger
  now?: () => number
}

/**
 * Ends an evaluation that waits, and asks for the end of one that runs.
 * @returns its status now: one that runs goes on until its worker has heard of it
 * @throws AgentctlError EVAL_FINISHED, EVAL_UNKNOWN, EVAL_ROWS_AWAY
 */
export type Cancel = (id: string) => Promise<Status>

export function createCancel(options: CancelOptions): Cancel {
  const { redis, records, queue, events, lookup, onEnded, log, now = Date.now } = options

  async function announce(end: Facts): Promise<Status> {
    onEnded(end)
    await Promise.all([emitFacts(events, end), redis.publish(ENDED_CHANNEL, end.eval_id)])
    await takeBack(end.eval_id)
    return end.status
  }

  /**
   * Once the end is told and stored, the record does not live long: a job that waits longer would make it anew, and run what
   * nobody wants. Only once it is told, as the job is what has a worker tell it should this process end before.
   */
  async function takeBack(id: string): Promise<void> {
    await queue.remove(id).catch((error) => {
      log.debug({ eval_id: id, reason: messageOf(error) }, 'the job of what is cancelled stays in the queue')
    })
  }

  /** Redis has lost the record, and with it the job: nobody else would ever end it. */
  async function endOrphan(id: string): Promise<Status> {
    const { status } = await lookup.get(id)
    if (isTerminal(status)) throw finished(id, status)
    const { won, facts } = await records.finish(id, 0, cancelledFacts(id, new Date(now()).toISOString()))
    if (!won) throw finished(id, facts.status)
    return announce(facts)
  }

  return async (id) => {
    const { eval_id, ...known } = await lookup.get(id)
    const cancelled = await records.cancel(eval_id, new Date(now()).toISOString())
    switch (cancelled.state) {
      case 'cancelled':
        return announce(cancelled.facts)
      case 'requested':
        await redis.publish(CANCEL_CHANNEL, eval_id)
        return 'running'
      case 'ended':
        throw finished(eval_id, isTerminal(known.status) ? known.status : 'ended')
      case 'unknown':
        return endOrphan(eval_id)
    }
  }
}

function finished(id: string, status: string): Error {
  return evaluationError('EVAL_FINISHED', `${id} is ${status}`, { field: 'eval_id' })
}
