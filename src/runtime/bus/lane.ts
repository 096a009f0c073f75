import { AgentctlError, type Logger, messageOf, type Tracer } from '../kernel/index.ts'
import { type RawEntry, toEntry } from '../platform/streams/index.ts'
import { enterSpan, keepSpan } from '../platform/tracing/index.ts'
import { type Abortion, createAbortion } from './abortion.ts'
import type { Backoff } from './backoff.ts'
import { decodeEvent } from './envelope.ts'
import type { BusEvent, EventContext, EventHandler } from './event.ts'
import { type Delivered, type GroupLog, type Held, isLostGroup } from './group-log.ts'
import type { BusMetrics } from './metrics.ts'
import { createOutcomes, type Handled } from './outcomes.ts'
import type { Replier } from './replier.ts'
import type { SchemaRegistry } from './schemas.ts'
import { handling } from './spans.ts'
import { within } from './time-limit.ts'

/** One event on its way through a handler. */
interface Delivery extends Handled {
  abortion: Abortion
  /** Its handler has yet to end. */
  open: boolean
  /** When its lease was last known to be good, on the monotonic clock. */
  renewedAt: number
  /** Runs what becomes of it as part of the trace it was handled in. */
  inTrace<T>(work: () => T): T
}

export interface LaneSettings {
  /** Handlers at once. */
  concurrency: number
  /** Deliveries after which an event goes to the dead letters. */
  maxDeliveries: number
  backoff: Backoff
  /** Milliseconds one handling may take; undefined for as long as it likes. */
  timeout: number | undefined
}

export interface LaneOptions extends LaneSettings {
  type: string
  stream: string
  group: string
  consumer: string
  groupLog: GroupLog
  handler: EventHandler
  schemas: SchemaRegistry
  replier: Replier
  metrics: BusMetrics
  tracer: Tracer
  /** Runs what must reach Redis until it does, or until it is in vain. */
  persist<T>(work: () => Promise<T>): Promise<T>
  /** Told when a handler may be given more, or the lane is empty. */
  onFree(): void
  /** Told that the group is gone. */
  onLostGroup(): void
  /** Told when a failed event is due again, in milliseconds since 1970. */
  onDeferred(due: number): void
  log: Logger
}

/** The way of one type's events through one handler: checks, concurrency, acknowledgement, retry. */
export interface Lane {
  readonly type: string
  readonly stream: string
  readonly groupLog: GroupLog
  readonly concurrency: number
  /** Handlers that are free for events of others that are taken over. */
  readonly free: number
  /** New events to read now. */
  readonly wanted: number
  /** Nothing is under way. */
  readonly idle: boolean
  accept(delivered: readonly Delivered[]): void
  /** Renews what has been held for longer than `age` milliseconds; handlers that have lost their event are aborted. */
  renew(age: number): Promise<void>
  /** Aborts all handlers, and gives their events back for others to take at once. */
  release(): Promise<void>
}

/** Milliseconds a handler may take to count as quick. */
const QUICK = 2
/** Milliseconds after which an event is looked at again that is being handled under another entry. */
const BUSY_PAUSE = 1_000

export function createLane(options: LaneOptions): Lane {
  const { type, stream, group, consumer, groupLog, handler, metrics, tracer, log, concurrency, persist } =
    options
  const deliveries = new Set<Delivery>()
  const queue: Delivery[] = []
  const parked = new Map<Delivery, NodeJS.Timeout>()
  /** Entries between their arrival and the end of their handler; parked ones take no slot. */
  let held = 0
  /** Entries whose handler has ended, on their way to be acknowledged, retried or buried. */
  let ending = 0
  let active = 0
  /** Milliseconds a handler takes, as a moving average; slow until the first have shown. */
  let pace = QUICK
  let released = false
  const { reply, settle, settleQuietly, fail, bury } = createOutcomes(options)

  async function accept(delivered: readonly Delivered[]): Promise<void> {
    held += delivered.length
    const fresh: Delivery[] = []
    for (const { raw, delivery } of delivered) {
      if (adopt(raw[0], delivery)) continue
      if (delivery > 1) metrics.redelivered(type)
      const accepted = await admit(raw, delivery)
      if (accepted) fresh.push(accepted)
    }
    await begin(fresh)
  }

  /**
   * An entry comes again while its handler is still at work here: its group was made anew, or this process was stalled
   * for longer than its lease. The work under way is that of the new delivery then.
   */
  function adopt(entryId: string, delivery: number): boolean {
    for (const known of deliveries) {
      if (known.entryId !== entryId || !known.open || known.abortion.reason) continue
      known.delivery = delivery
      known.renewedAt = performance.now()
      free()
      return true
    }
    return false
  }

  /** The delivery of an entry that is to be handled; others are settled or buried. */
  async function admit(raw: RawEntry, delivery: number): Promise<Delivery | undefined> {
    const entry = toEntry(raw)
    const bare: Held = { entryId: entry.id, delivery, eventId: '' }
    const forGroup = entry.fields['x-group']
    if (forGroup !== undefined && forGroup !== group) return leave(settleQuietly(bare))
    let event: BusEvent
    try {
      event = decodeEvent(stream, entry)
    } catch (error) {
      return leave(bury(bare, 'undecodable', error))
    }
    const known: Held = { ...bare, eventId: event.eventId }
    if (delivery > options.maxDeliveries) {
      return leave(bury(known, 'max-deliveries', 'its consumers crashed or lost it each time'))
    }
    // A dead letter that is retried is wanted for its effect: nobody waits for its reply any more.
    if (forGroup === undefined && event.deadline !== undefined && event.deadline < Date.now()) {
      metrics.processed(type, 'expired')
      return leave(settleQuietly(bare))
    }
    try {
      await persist(async () => options.schemas.check(type, event.version, event.data, 'consume'))
    } catch (error) {
      const invalid = error instanceof AgentctlError && error.code === 'EVENT_DATA_INVALID'
      return leave(invalid ? bury(known, 'schema', error) : Promise.resolve()) // else it comes again later
    }
    return {
      ...known,
      event,
      abortion: createAbortion(),
      open: true,
      renewedAt: performance.now(),
      inTrace: (work) => work(),
    }
  }

  /** What has come to its end without a handler. */
  function leave(work: Promise<unknown>): undefined {
    void work.finally(free)
    return undefined
  }

  async function begin(fresh: Delivery[]): Promise<void> {
    if (fresh.length === 0) return
    for (const delivery of fresh) deliveries.add(delivery)
    try {
      const verdicts = await persist(() => groupLog.begin(fresh))
      fresh.forEach((delivery, i) => {
        if (verdicts[i] === 'handle') queue.push(delivery)
        else if (verdicts[i] === 'busy') park(delivery)
        else skip(delivery)
      })
      pump()
    } catch (error) {
      // They stay pending, and come again when their lease has run out.
      log.warn({ type, events: fresh.length, reason: messageOf(error) }, 'events could not be begun')
      if (isLostGroup(error)) options.onLostGroup()
      for (const delivery of fresh) end(delivery)
    }
  }

  /** Takes no slot while its twin is being handled. */
  function park(delivery: Delivery): void {
    held--
    const timer = setTimeout(() => {
      parked.delete(delivery)
      held++
      void begin([delivery])
    }, BUSY_PAUSE)
    parked.set(delivery, timer)
    options.onFree()
  }

  function skip(delivery: Delivery): void {
    metrics.processed(type, 'duplicate')
    void settleQuietly({ ...delivery, eventId: '' }).finally(() => end(delivery))
  }

  function pump(): void {
    while (active < concurrency) {
      const next = queue.shift()
      if (!next) return
      active++
      void handle(next).then((ended) => {
        active--
        // Its slot is free already: the next events are read while this one is acknowledged.
        held--
        ending++
        void ended().finally(() => {
          ending--
          deliveries.delete(next)
          options.onFree()
        })
        options.onFree()
        pump()
      })
    }
  }

  /** Runs the handler; resolves with what is to be done about its outcome, and never rejects. */
  async function handle(delivery: Delivery): Promise<() => Promise<void>> {
    if (delivery.abortion.reason) return async () => {}
    const startedAt = performance.now()
    try {
      const result = await run(delivery)
      const took = performance.now() - startedAt
      pace += (took - pace) / 16
      metrics.took(type, took / 1_000)
      if (delivery.event.responseStream !== undefined) await reply(delivery, result)
      delivery.open = false
      return () => settle(delivery)
    } catch (error) {
      delivery.open = false
      // Else it is given back, whatever came of it.
      return async () => (released ? undefined : delivery.inTrace(() => fail(delivery, error)))
    }
  }

  function run(delivery: Delivery): unknown {
    const { event, abortion } = delivery
    const context: EventContext = {
      ...{ event, group, consumer, delivery: delivery.delivery, replay: false, log },
      get signal() {
        return abortion.signal
      },
    }
    const work = () => {
      delivery.inTrace = keepSpan()
      return handler(event.data, context)
    }
    const { timeout } = options
    const span = handling(event, group, delivery.delivery)
    if (timeout === undefined) return enterSpan(tracer, ...span, work)
    return within(timeout, abortion, Promise.resolve(enterSpan(tracer, ...span, async () => work())))
  }

  function end(delivery: Delivery): void {
    if (deliveries.delete(delivery)) free()
  }

  function free(): void {
    held--
    options.onFree()
  }

  return {
    type,
    stream,
    groupLog,
    concurrency,
    get free() {
      return released ? 0 : Math.max(0, concurrency - held)
    },
    get wanted() {
      if (released) return 0
      // While handlers are quick, the next events are fetched meanwhile; slow ones keep nothing from other consumers.
      if (pace >= QUICK) return Math.max(0, Math.min(concurrency - held, 2 * concurrency - held - ending))
      const room = Math.min(concurrency, 2 * concurrency - held, 3 * concurrency - held - ending)
      return room >= concurrency / 2 ? room : 0 // a few at a time would cost more than they gain
    },
    get idle() {
      return held + ending === 0
    },
    accept: (delivered) => void accept(delivered),
    async renew(age) {
      const now = performance.now()
      const due = [...deliveries].filter(({ renewedAt }) => now - renewedAt >= age)
      if (due.length === 0) return
      const kept = await groupLog.renew(due)
      due.forEach((delivery, i) => {
        if (kept[i]) delivery.renewedAt = now
        else lose(delivery)
      })
    },
    async release() {
      released = true
      for (const timer of parked.values()) clearTimeout(timer)
      parked.clear()
      const open = [...deliveries]
      for (const { abortion } of open) abortion.abort(new Error('the consumer is shutting down'))
      await Promise.allSettled(open.map((delivery) => groupLog.defer(delivery, Date.now())))
    },
  }

  function lose(delivery: Delivery): void {
    const waiting = queue.indexOf(delivery)
    log.warn({ type, event: delivery.eventId }, 'another consumer has taken an event over')
    delivery.abortion.abort(new Error('another consumer has taken the event over'))
    if (waiting >= 0) {
      queue.splice(waiting, 1)
      end(delivery)
    }
  }
}
