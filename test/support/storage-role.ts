import { pino } from 'pino'
import { createEventBus, type EventBus } from '../../src/runtime/bus/index.ts'
import { emitFacts, type Facts } from '../../src/runtime/evaluation/index.ts'
import type { RunningRole } from '../../src/runtime/kernel/index.ts'
import { openDatabase, sql } from '../../src/runtime/platform/sql/index.ts'
import { options } from '../../src/runtime/storage/options.ts'
import { upsertEvaluations } from '../../src/runtime/storage/rows.ts'
import type { StorageTables } from '../../src/runtime/storage/schema.ts'
import { startStorage } from '../../src/runtime/storage/storage.ts'
import type { TestRedis } from './redis.ts'

export interface LogLine {
  level: number
  msg: string
  code?: string
}

/** A log that can be read. */
export function readableLog() {
  const lines: LogLine[] = []
  const log = pino({ level: 'info' }, { write: (line: string) => lines.push(JSON.parse(line) as LogLine) })
  return { log, lines }
}

export function openStorage(redis: TestRedis, databaseUrl: string, more: Record<string, unknown> = {}) {
  const { log, lines } = readableLog()
  const values = options.parse({ redisUrl: redis.url, databaseUrl, ...more })
  const starting: Promise<RunningRole> = startStorage(values, { log, name: 'storage-1' })
  return { starting, lines }
}

/** Publishes reports as workers and gateways do. */
export function openReporter(redis: TestRedis) {
  const connection = redis.connect()
  const bus: EventBus = createEventBus({
    redisUrl: redis.url,
    connections: { redis: connection, subscriber: connection },
  })
  return {
    bus,
    redis: connection,
    report: (...reports: readonly Facts[]) =>
      Promise.all(reports.map((report) => emitFacts({ bus, redis: connection }, report))),
    close: () => bus.close(),
  }
}

/** Runs a query over the rows; a table that is not there yet has none. */
export async function queryRows<T>(url: string, query: string): Promise<T[]> {
  const database = openDatabase({ url, name: 'test', max: 1, log: pino({ level: 'silent' }) })
  try {
    return (await sql.raw<T>(query).execute(database.db)).rows
  } catch (error) {
    if ((error as { code?: unknown }).code === '42P01') return []
    throw error
  } finally {
    await database.close()
  }
}

/** Rows, and those of them that have every report of a life. */
export async function countRows(url: string): Promise<{ rows: number; whole: number }> {
  const [counts] = await queryRows<{ rows: number; whole: number }>(
    url,
    'SELECT count(*) AS rows, count(*) FILTER (WHERE cardinality(seqs) = 4) AS whole FROM evaluations',
  )
  return counts ?? { rows: 0, whole: 0 }
}

/** Stores reports without telling anybody. */
export async function storeRows(url: string, reports: readonly Facts[]): Promise<void> {
  const database = openDatabase<StorageTables>({ url, name: 'test', max: 1, log: pino({ level: 'silent' }) })
  try {
    await upsertEvaluations(database.db, reports)
  } finally {
    await database.close()
  }
}
