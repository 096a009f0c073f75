import type { TraceContext } from '../../kernel/index.ts'

const TRACEPARENT = /^([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(-.*)?$/
const NO_TRACE = '0'.repeat(32)
const NO_SPAN = '0'.repeat(16)
/** Never to become a version. */
const INVALID_VERSION = 'ff'

/**
 * Reads a W3C `traceparent`. Malformed ones are undefined, as the standard wants them to be ignored; of versions to come
 * what is known of the first is read.
 */
export function parseTraceparent(text: unknown): TraceContext | undefined {
  if (typeof text !== 'string') return undefined
  const [, version, traceId, spanId, flags, rest] = TRACEPARENT.exec(text) ?? []
  if (traceId === undefined || spanId === undefined || flags === undefined) return undefined
  if (version === INVALID_VERSION || traceId === NO_TRACE || spanId === NO_SPAN) return undefined
  if (version === '00' && rest !== undefined) return undefined
  return { traceId, spanId, flags: Number.parseInt(flags, 16), remote: true }
}

/** As version 00. */
export function formatTraceparent({ traceId, spanId, flags }: TraceContext): string {
  return `00-${traceId}-${spanId}-${flags.toString(16).padStart(2, '0')}`
}
