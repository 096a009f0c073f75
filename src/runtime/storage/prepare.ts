import { type Logger, messageOf } from '../kernel/index.ts'
import { asDatabaseError, type Database, isDatabaseAway, migrateDatabase } from '../platform/sql/index.ts'
import { persist } from './persist.ts'
import { migrations, ROOM, type StorageTables } from './schema.ts'

export interface PrepareOptions {
  database: Database<StorageTables>
  url: string
  log: Logger
  signal: AbortSignal
}

/** Brings the tables up to date, as soon as the database is there; rejects only when it is given up. */
export async function prepareDatabase({ database, url, log, signal }: PrepareOptions): Promise<void> {
  const done = await persist(() => migrateDatabase(database.db, ROOM, migrations), {
    again: () => true,
    onAway(error) {
      const { code, message, fix } = asDatabaseError(error, url) ?? {
        code: '',
        message: messageOf(error),
        fix: '',
      }
      const level = isDatabaseAway(error) ? 'warn' : 'error'
      log[level]({ code, fix }, `waiting for the database: ${message}`)
    },
    onBack: () => log.info('the database is there'),
    signal,
  })
  if (done.length > 0) log.info({ migrations: done }, 'the tables were brought up to date')
}
