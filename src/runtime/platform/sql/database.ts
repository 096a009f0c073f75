import { Kysely, PostgresDialect } from 'kysely'
import pg from 'pg'
import { type Logger, messageOf } from '../../kernel/index.ts'
import { Client } from './client.ts'
import { asDatabaseError } from './errors.ts'
import { parseDatabaseUrl } from './url.ts'
import { valueTypes } from './values.ts'

export interface DatabaseOptions {
  url: string
  /** What the server shows of us: `agentctl:NAME`. */
  name: string
  /** Connections at once (10). They are opened when wanted and closed when idle for 10 s. */
  max?: number
  /** Milliseconds one statement may take; as long as it likes when left out. */
  timeout?: number
  /**
   * Milliseconds a transaction may rest between two statements; then the server ends it, and the connection with it. Otherwise
   * a client that hangs, or is cut off, would keep its locks for as long as it likes.
   */
  idleTransaction?: number
  /** Milliseconds a statement may wait for a lock that somebody else holds; as long as it may take when left out. */
  lockTimeout?: number
  log: Logger
}

export interface Database<DB> {
  readonly db: Kysely<DB>
  /**
   * Resolves when the server answers.
   * @throws AgentctlError DATABASE_UNREACHABLE, DATABASE_REFUSED
   */
  ping(): Promise<void>
  /** Waits for statements under way. */
  close(): Promise<void>
}

/** Milliseconds to connect, and to wait for a free connection. */
const CONNECT_TIMEOUT = 5_000
/** Milliseconds beyond its time-out after which a statement is given up that the server does not end by itself. */
const SILENCE = 2_000

/**
 * Opens a database; nothing is connected until something is asked. It outlives restarts of the server: a statement that is
 * cut off fails (see `isDatabaseAway`), the next one connects anew.
 * @throws AgentctlError DATABASE_URL_INVALID
 */
export function openDatabase<DB>(options: DatabaseOptions): Database<DB> {
  const { url, name, max = 10, timeout, idleTransaction, lockTimeout, log } = options
  parseDatabaseUrl(url)
  const pool = new pg.Pool({
    Client,
    connectionString: url,
    application_name: `agentctl:${name}`,
    max,
    connectionTimeoutMillis: CONNECT_TIMEOUT,
    keepAlive: true,
    types: valueTypes,
    ...(timeout === undefined ? {} : { statement_timeout: timeout, query_timeout: timeout + SILENCE }),
    ...(idleTransaction === undefined ? {} : { idle_in_transaction_session_timeout: idleTransaction }),
    ...(lockTimeout === undefined ? {} : { lock_timeout: lockTimeout }),
  })
  const ignore = (error: Error) => log.debug({ reason: messageOf(error) }, 'a database connection was lost')
  pool.on('error', ignore)
  // A connection in use has no listener of the pool: without one of ours, a lost server would end this process.
  pool.on('connect', (client) => client.on('error', ignore))
  // Kysely ends only pools that it has used, and the pool minds being ended twice.
  const db = new Kysely<DB>({
    dialect: new PostgresDialect({
      pool: { connect: () => pool.connect(), end: async () => {}, options: pool.options },
    }),
  })
  let closing: Promise<void> | undefined
  return {
    db,
    async ping() {
      try {
        await pool.query('SELECT 1')
      } catch (error) {
        throw asDatabaseError(error, url) ?? error
      }
    },
    close() {
      closing ??= db.destroy().then(() => pool.end())
      return closing
    },
  }
}
