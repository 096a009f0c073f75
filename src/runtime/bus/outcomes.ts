import { isFatal, type Logger, messageOf, type RetryableError } from '../kernel/index.ts'
import { type Backoff, backoffAfter } from './backoff.ts'
import { UndecodableError } from './envelope.ts'
import type { BusEvent } from './event.ts'
import { type GroupLog, type Held, isLostGroup } from './group-log.ts'
import type { BusMetrics } from './metrics.ts'
import type { Replier } from './replier.ts'

/** An entry together with its event. */
export interface Handled extends Held {
  event: BusEvent
}

/** What becomes of an entry; none of these rejects but `reply`. What cannot be done stays pending, and comes again. */
export interface Outcomes {
  /** A reply that cannot be written is a failure like any other: the event comes again. */
  reply(delivery: Handled, result: unknown): Promise<void>
  /** After its handler has succeeded. */
  settle(delivery: Handled): Promise<void>
  /** Of an entry no handler has seen. */
  settleQuietly(entry: Held): Promise<void>
  /** After its handler has failed: again later, or to the dead letters. */
  fail(delivery: Handled, error: unknown): Promise<void>
  bury(entry: Held, reason: string, error: unknown): Promise<void>
}

export interface OutcomesOptions {
  type: string
  groupLog: GroupLog
  replier: Replier
  metrics: BusMetrics
  maxDeliveries: number
  backoff: Backoff
  persist<T>(work: () => Promise<T>): Promise<T>
  onLostGroup(): void
  onDeferred(due: number): void
  log: Logger
}

/** Characters of an error that are kept with a dead letter. */
const ERROR_LENGTH = 2_000

export function createOutcomes(options: OutcomesOptions): Outcomes {
  const { type, groupLog, replier, metrics, maxDeliveries, backoff, persist, onLostGroup, onDeferred, log } =
    options

  async function reply({ event }: Handled, result: unknown): Promise<void> {
    const late = await persist(() => replier.reply(event, { status: 'success', result }))
    if (late) metrics.lateReply(type)
  }

  async function settle(delivery: Handled): Promise<void> {
    try {
      const settled = await persist(() => groupLog.settle(delivery))
      metrics.processed(type, settled === 'fenced' ? 'fenced' : 'success')
      if (settled === 'unowned') onLostGroup()
    } catch (error) {
      log.warn(
        { type, event: delivery.eventId, reason: messageOf(error) },
        'a handled event could not be acknowledged',
      )
    }
  }

  async function settleQuietly(entry: Held): Promise<void> {
    await persist(() => groupLog.settle(entry)).catch((error) =>
      log.debug(
        { type, entry: entry.entryId, reason: messageOf(error) },
        'an entry could not be acknowledged',
      ),
    )
  }

  async function fail(delivery: Handled, error: unknown): Promise<void> {
    metrics.processed(type, 'error')
    if (isFatal(error)) return giveUp(delivery, 'fatal', error)
    if (delivery.delivery >= maxDeliveries) return giveUp(delivery, 'max-deliveries', error)
    const asked =
      error instanceof Error && error.name === 'RetryableError' ? (error as RetryableError).delay : undefined
    const due = Date.now() + (asked ?? backoffAfter(delivery.delivery, backoff, Math.random()))
    log.warn(
      { type, event: delivery.eventId, delivery: delivery.delivery, reason: messageOf(error) },
      'a handler failed, the event comes again',
    )
    try {
      if (await persist(() => groupLog.defer(delivery, due))) onDeferred(due)
    } catch (failure) {
      if (isLostGroup(failure)) onLostGroup()
    }
  }

  async function giveUp(delivery: Handled, reason: string, error: unknown): Promise<void> {
    const { event } = delivery
    if (event.responseStream !== undefined) {
      const failure = { status: 'error' as const, error: { reason, message: messageOf(error) } }
      await persist(() => replier.reply(event, failure)).catch(() => {})
    }
    await bury(delivery, reason, error)
  }

  async function bury(entry: Held, reason: string, error: unknown): Promise<void> {
    const text = (error instanceof UndecodableError ? error.message : messageOf(error)).slice(0, ERROR_LENGTH)
    try {
      if (!(await persist(() => groupLog.bury(entry, reason, text)))) return
      metrics.processed(type, 'dead')
      metrics.deadLettered(type, reason)
      log.error(
        { type, entry: entry.entryId, event: entry.eventId, why: reason, reason: text },
        'moved to the dead letters',
      )
    } catch (failure) {
      if (isLostGroup(failure)) onLostGroup()
      else
        log.warn(
          { type, entry: entry.entryId, reason: messageOf(failure) },
          'an event could not be moved to the dead letters',
        )
    }
  }

  return { reply, settle, settleQuietly, fail, bury }
}
