import { randomUUID } from 'node:crypto'
import type { EventBus } from '../../bus/index.ts'
import type { Logger } from '../../kernel/index.ts'
import type { Metrics } from '../../platform/metrics/index.ts'
import { type Kysely, type Listener, openListener } from '../../platform/sql/index.ts'
import { createAnnouncer } from '../announcing/announcer.ts'
import { WAKE_CHANNEL } from '../keys.ts'
import type { CampaignTables } from '../schema.ts'
import { createAlarm } from './alarm.ts'
import { createProcessingMetrics } from './metrics.ts'
import { createNotifier } from './notifier.ts'
import { createPatience } from './patience.ts'
import { runProcessor } from './processor.ts'
import { createRuleSets } from './rule-set.ts'
import { createSettling } from './settling.ts'
import { createWatch } from './watch.ts'

export interface ProcessingOptions {
  /** Takes two connections for each processor, and two more. */
  db: Kysely<CampaignTables>
  /** Of the database, to listen on; and what the server shows of us. */
  url: string
  name: string
  /** Where ends are announced. Redis may be away: announcements wait. */
  bus: Pick<EventBus, 'send'>
  /** Batches at once; 0 for none. */
  processors: number
  /** Events of one batch. */
  batch: number
  /** Milliseconds. */
  lease: number
  maxAttempts: number
  /** Milliseconds. */
  poll: number
  metrics?: Metrics
  log: Logger
}

export interface Processing {
  /** Begins; the tables must be there. */
  start(): void
  /** Events were registered by this process: its processors, or those of others, look at once. */
  wake(): void
  /** Resolves when an event may have come to its end, or after `ms` milliseconds, or once `gone` is aborted. */
  untilEnded(eventId: string, ms: number, gone: AbortSignal): Promise<void>
  /** Finishes what is under way, unless that takes longer than `drainTimeout` ms or the database is away; gives back the rest. */
  stop(drainTimeout: number): Promise<void>
}

/** Processes the events that are registered, by this process or another. */
export function createProcessing(options: ProcessingOptions): Processing {
  const { db, url, name, bus, processors, batch, lease, maxAttempts, poll, log } = options
  const [stopping, givingUp] = [new AbortController(), new AbortController()]
  const metrics = options.metrics && createProcessingMetrics(options.metrics, db)
  const own = randomUUID()
  const alarm = createAlarm()
  const watch = createWatch()
  const notifier = createNotifier(db, own)
  const patience = createPatience(log, givingUp.signal)
  const ruleSets = createRuleSets({ db, log })
  const announcer = createAnnouncer({ db, bus, interval: poll, log })
  const timers = new Set<NodeJS.Timeout>()
  let running: Promise<unknown> = Promise.resolve()
  let listener: Listener | undefined

  const settling = createSettling({
    ...{ db, ruleSets, patience, maxAttempts, metrics },
    onEnded(ended) {
      metrics?.ended(ended)
      watch.ended(ended.map(({ ending }) => ending.event_id))
      announcer.tell(ended)
    },
    onDelayed(ms) {
      const timer = setTimeout(() => {
        timers.delete(timer)
        alarm.ring()
      }, ms)
      timers.add(timer)
    },
  })

  /** Others are woken only when nobody here is free: one who gets all events at once needs one statement for them. */
  function wake(): void {
    if (processors === 0 || !alarm.ring()) notifier.notify()
  }

  return {
    start() {
      if (processors === 0 || stopping.signal.aborted) return
      const processor = {
        ...{ db, ruleSets, settling, patience, alarm, batch, lease, maxAttempts, poll, metrics, log },
        onMore: wake,
      }
      const loops = Array.from({ length: processors }, () => runProcessor(processor, stopping.signal))
      running = Promise.all(loops)
      listener = openListener({
        ...{ url, name: `${name}:wake`, channel: WAKE_CHANNEL, log },
        onNotify(payload) {
          if (payload !== own) alarm.ring()
        },
      })
      announcer.start()
    },
    wake,
    untilEnded: watch.untilEnded,
    async stop(drainTimeout) {
      stopping.abort()
      const timer = setTimeout(() => givingUp.abort(), patience.away ? 0 : drainTimeout)
      await running
      clearTimeout(timer)
      for (const each of timers) clearTimeout(each)
      givingUp.abort()
      await Promise.all([listener?.close(), notifier.close(), announcer.stop()])
    },
  }
}
