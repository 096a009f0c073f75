import { maskUrl } from '../../kernel/index.ts'
import { sqlError } from './errors.ts'

export interface DatabaseAddress {
  databaseUrl?: string | undefined
  dbPassword?: string | undefined
}

/**
 * The database that the settings name, with the password filled in where the URL has none; undefined when they name none.
 * @throws AgentctlError DATABASE_URL_INVALID
 */
export function databaseUrlOf({ databaseUrl, dbPassword }: DatabaseAddress): string | undefined {
  if (databaseUrl === undefined) return undefined
  const url = parseDatabaseUrl(databaseUrl)
  if (dbPassword === undefined || url.password !== '' || url.searchParams.has('password')) return databaseUrl
  // A URL without a host, for a socket in the file system, has no place for a password but here.
  if (url.host === '') url.searchParams.set('password', dbPassword)
  else url.password = encodeURIComponent(dbPassword)
  return url.href
}

/** @throws AgentctlError DATABASE_URL_INVALID */
export function parseDatabaseUrl(text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined
  if (url && /^postgres(ql)?:$/.test(url.protocol)) return url
  throw sqlError('DATABASE_URL_INVALID', maskUrl(text), { field: 'databaseUrl' })
}
