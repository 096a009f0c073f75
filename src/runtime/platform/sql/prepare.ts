import { type Logger, messageOf, persist } from '../../kernel/index.ts'
import type { Database } from './database.ts'
import { asDatabaseError } from './errors.ts'
import { type Migrations, migrateDatabase } from './migrate.ts'
import { isDatabaseAway } from './trouble.ts'

export interface PrepareOptions<DB> {
  database: Database<DB>
  /** Whose tables they are, see `migrateDatabase`. */
  room: string
  migrations: Migrations
  url: string
  log: Logger
  signal: AbortSignal
}

/** Milliseconds a server may take to come up that is started together with us. */
const QUIET = 3_000

/** Brings the tables up to date, as soon as the database is there; rejects only when it is given up. */
export async function prepareDatabase<DB>({
  database,
  room,
  migrations,
  url,
  log,
  signal,
}: PrepareOptions<DB>): Promise<void> {
  const done = await persist(() => migrateDatabase(database.db, room, migrations), {
    again: () => true,
    quiet: QUIET,
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
