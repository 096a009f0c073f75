import type { EventBus, EventContext } from '../bus/index.ts'
import { EVENT_TYPES, type Facts, type Records, STORAGE_GROUP } from '../evaluation/index.ts'
import { createGathering, FatalError, type Logger, messageOf, persist } from '../kernel/index.ts'
import type { Metrics } from '../platform/metrics/index.ts'
import { isAway, type RedisClient } from '../platform/redis/index.ts'
import type { Kysely } from '../platform/sql/index.ts'
import { inSpan, keepSpan } from '../platform/tracing/index.ts'
import { announceRows } from './announce.ts'
import { createStorageMetrics } from './metrics.ts'
import { reportOf, withOutput } from './report.ts'
import type { StorageTables } from './schema.ts'
import { type Stored, storeReports } from './store.ts'

export interface ConsumptionOptions {
  bus: EventBus
  redis: RedisClient
  records: Records
  db: Kysely<StorageTables>
  /** Makes the tables; called again when they have gone, with a database that was made anew. */
  prepare(): Promise<void>
  /** Events of each type at once, and reports in one statement. */
  batch: number
  metrics?: Metrics
  log: Logger
}

/** Takes events on evaluations from the bus until it is stopped, and stores them. */
export interface Consumption {
  /** Reports that are not stored yet. */
  readonly waiting: number
  start(): Promise<void>
  /** Stores what it has taken, unless that takes longer than `drainTimeout` ms or the database is away; gives back the rest. */
  stop(drainTimeout: number): Promise<void>
}

interface Told {
  report: Facts
  /** When the event was published, in milliseconds since 1970. */
  at: number
  /** Tells of its row as part of the trace that the report is from. */
  inTrace: <T>(work: () => T) => T
}

/**
 * A delivery counts against an event only when it fails, which it does for its own sake at once (dead letter) or not at all:
 * while something is away, it is kept. What is counted beyond are the crashes of this process, which are not the event's fault.
 */
const MAX_DELIVERIES = 1_000_000
/** Milliseconds. */
const GIVE_UP = 50
const NO_TABLE = '42P01'
/** From when a report is ready to be stored until its row is there and announced; it is written together with others. */
const STORING = [
  'INSERT evaluations',
  {
    kind: 'client',
    attributes: {
      'db.system.name': 'postgresql',
      'db.operation.name': 'INSERT',
      'db.collection.name': 'evaluations',
    },
  },
] as const

export function createConsumption(options: ConsumptionOptions): Consumption {
  const { bus, redis, records, db, batch, log } = options
  const stopping = new AbortController()
  const gathering = createGathering<Told, void>(batch, store)
  const metrics = options.metrics && createStorageMetrics(options.metrics, () => gathering.size)
  let away = false

  async function handle(data: unknown, { event }: EventContext): Promise<void> {
    const report = reportOf(data)
    const lost = () => log.warn({ eval_id: report.eval_id }, 'its output is lost: the record has gone')
    const whole = await complete(report, lost)
    await inSpan(...STORING, () =>
      gathering.add({ report: whole, at: Date.parse(event.timestamp), inTrace: keepSpan() }),
    )
  }

  function complete(report: Facts, onMissing: () => void): Promise<Facts> {
    return persist(() => withOutput(report, records, onMissing), {
      again: (error) => isAway(error as Error),
      onAway: () => {},
      onBack: () => {},
      signal: stopping.signal,
    })
  }

  /** Returns once the rows are stored; each item has come to its end when its row is announced as well. */
  async function store(told: Told[]): Promise<Promise<void>[]> {
    const startedAt = performance.now()
    const reports = told.map(({ report }) => report)
    const { rows, refused } = await persist(() => storeThem(reports), {
      again: () => true, // nothing but the values could be at fault for good, and those are set apart
      onAway(error) {
        away = true
        log.warn({ reason: messageOf(error) }, 'the database takes nothing: reports wait until it does')
      },
      onBack() {
        away = false
        log.info('the database takes reports again')
      },
      signal: stopping.signal,
    })
    const traces = new Map(told.map(({ report, inTrace }) => [report.eval_id, inTrace]))
    const announced = announceRows(rows, { bus, redis }, records, traces).then(() => {
      const oldest = told.reduce((least, { at }) => Math.min(least, at), Number.POSITIVE_INFINITY)
      metrics?.stored(rows, told.length, performance.now() - startedAt, Date.now() - oldest)
    })
    return told.map(({ report }) => {
      const reason = refused.get(report)
      if (reason === undefined) return announced
      metrics?.refused()
      return Promise.reject(new FatalError(`the database does not take it: ${reason.message}`))
    })
  }

  async function storeThem(reports: readonly Facts[]): Promise<Stored> {
    try {
      return await storeReports(db, reports)
    } catch (error) {
      if ((error as { code?: unknown }).code === NO_TABLE) await options.prepare()
      throw error
    }
  }

  return {
    get waiting() {
      return gathering.size
    },
    async start() {
      for (const type of EVENT_TYPES)
        bus.subscribe(type, handle, { concurrency: batch, maxDeliveries: MAX_DELIVERIES })
      await bus.start({ group: STORAGE_GROUP })
    },
    async stop(drainTimeout) {
      const patience = away ? 0 : drainTimeout
      const timer = setTimeout(() => stopping.abort(), patience + GIVE_UP)
      await bus.stop({ drainTimeout: patience })
      clearTimeout(timer)
      stopping.abort()
    },
  }
}
