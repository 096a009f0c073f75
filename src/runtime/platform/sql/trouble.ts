/** Of the network, and of a socket file that is not there. */
const NETWORK = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'ECONNABORTED',
  'EPIPE',
  'ETIMEDOUT',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ENOENT',
])

/** What the driver says without a code. */
const DRIVER =
  /connection terminated|timeout exceeded when trying to connect|query read timeout|connection error and is not queryable|client was closed/i

/**
 * SQLSTATEs of a server that cannot serve now: connection trouble (08), no resources such as connections or disk (53),
 * shutting down, crashed or starting (57P0x), trouble of its system (58), a standby that was a primary (25006); and of a
 * connection that it has ended because its transaction rested for too long (25P03).
 */
const AWAY = /^(08|53|58)|^57P0[1-4]$|^25006$|^25P03$/

/** Wrong user or password, no such database. */
const REFUSING = /^28|^3D000$/

/** Values that do not fit, violated constraints, limits of the program such as the size of a row. */
const DATA = /^(22|23|54)/

function codeOf(error: unknown): string {
  const code = error instanceof Error ? (error as { code?: unknown }).code : undefined
  return typeof code === 'string' ? code : ''
}

/**
 * Whether a failure means that the database cannot be used at the moment: refused, reset or terminated connections, a
 * server that starts, ends or has nothing left to give, and time-outs. The same statement may succeed later.
 */
export function isDatabaseAway(error: unknown): boolean {
  if (!(error instanceof Error)) return false
  if (NETWORK.has(codeOf(error)) || AWAY.test(codeOf(error)) || DRIVER.test(error.message)) return true
  // One failure for each address of a host name.
  if (error instanceof AggregateError && error.errors.length > 0) return error.errors.every(isDatabaseAway)
  return error.cause !== undefined && isDatabaseAway(error.cause)
}

/** Whether the server does not let this user in, or has no such database: a person has to correct that. */
export function isDatabaseRefusing(error: unknown): boolean {
  return REFUSING.test(codeOf(error)) || (error instanceof Error && /^SASL: /.test(error.message))
}

/** Whether a failure is the fault of the values that were sent, so that sending them again cannot help. */
export function isDataError(error: unknown): boolean {
  return DATA.test(codeOf(error))
}
