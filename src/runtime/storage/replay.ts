import type { EventBus, EventContext, Place } from '../bus/index.ts'
import { EVENT_TYPES, type Facts, type Records } from '../evaluation/index.ts'
import { AgentctlError, type Logger, messageOf } from '../kernel/index.ts'
import { asDatabaseError, type Database, migrateDatabase } from '../platform/sql/index.ts'
import { reportOf, withOutput } from './report.ts'
import { migrations, ROOM, type StorageTables } from './schema.ts'
import { storeReports } from './store.ts'

export interface ReplayEvaluationsOptions {
  bus: Pick<EventBus, 'replay'>
  records: Pick<Records, 'read'>
  database: Database<StorageTables>
  /** Of the database, for what errors say. */
  url: string
  /** First and last event; the oldest and the newest when left out. */
  from?: Place
  to?: Place
  /** Reports stored at once. */
  batch?: number
  signal?: AbortSignal
  log: Logger
  onProgress?(so_far: Replayed): void
}

export interface Replayed {
  /** Events read. */
  read: number
  /** Rows that were not there, that have learned something, and batches of reports that told a row nothing new. */
  created: number
  updated: number
  known: number
  /** Events that are no reports, or that the database does not take. */
  refused: number
}

const BATCH = 500

/**
 * Stores what the history of events reports, into an empty database or over what is there: of each evaluation the later report
 * counts, so that repeating it, or doing it while storage runs, changes nothing. Nothing is announced, no group is touched.
 * @throws AgentctlError DATABASE_UNREACHABLE, DATABASE_REFUSED, EVENT_CURSOR_INVALID, REDIS_UNREACHABLE
 */
export async function replayEvaluations(options: ReplayEvaluationsOptions): Promise<Replayed> {
  const { bus, records, database, from, to, batch = BATCH, signal, log, onProgress } = options
  const sum: Replayed = { read: 0, created: 0, updated: 0, known: 0, refused: 0 }
  let waiting: Facts[] = []

  async function flush(): Promise<void> {
    const reports = waiting
    waiting = []
    const { rows, refused } = await asking(() => storeReports(database.db, reports))
    for (const { change } of rows) sum[change]++
    for (const [{ eval_id, seq }, reason] of refused)
      log.warn({ eval_id, seq, reason: reason.message }, 'the database does not take a report')
    sum.refused += refused.size
    onProgress?.(sum)
  }

  async function take(data: unknown, { event }: EventContext): Promise<void> {
    sum.read++
    const report = readable(data, event.entryId)
    if (report === undefined) return
    const lost = () => log.warn({ eval_id: report.eval_id }, 'its output is lost: the record has gone')
    waiting.push(await withOutput(report, records, lost))
    if (waiting.length >= batch) await flush()
  }

  function readable(data: unknown, entry: string): Facts | undefined {
    try {
      return reportOf(data)
    } catch (error) {
      log.warn({ entry, reason: messageOf(error) }, 'an event was left out')
      sum.refused++
      return undefined
    }
  }

  async function asking<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await work()
    } catch (error) {
      throw asDatabaseError(error, options.url) ?? error
    }
  }

  const range = { ...(from !== undefined && { from }), ...(to !== undefined && { to }) }
  await asking(() => migrateDatabase(database.db, ROOM, migrations))
  try {
    for (const type of EVENT_TYPES) {
      const { undecodable } = await bus.replay(type, { ...range, handler: take, ...(signal && { signal }) })
      sum.refused += undecodable
      await flush()
    }
    return sum
  } catch (error) {
    // The entry at which the bus has stopped says nothing: doing it all again is as well.
    throw error instanceof AgentctlError && error.cause instanceof AgentctlError ? error.cause : error
  }
}
