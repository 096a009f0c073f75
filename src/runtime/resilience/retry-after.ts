/** Anything with a `get`, such as the headers of a response. */
export interface HeaderSource {
  get(name: string): string | null
}

/**
 * Milliseconds a server asks to wait: `retry-after-ms`, or `Retry-After` in seconds or as a date (RFC 9110, 10.2.3).
 * Undefined when it does not say, or says something else.
 * @param now milliseconds since 1970
 */
export function parseRetryAfter(
  headers: HeaderSource | undefined,
  now: number = Date.now(),
): number | undefined {
  const exact = headers?.get('retry-after-ms')?.trim()
  if (exact && isNumber(exact)) return Math.ceil(Number(exact))
  const value = headers?.get('retry-after')?.trim()
  if (!value) return undefined
  if (isNumber(value)) return Math.ceil(Number(value) * 1_000)
  const date = Date.parse(value)
  return Number.isNaN(date) || /^-?[\d.]+$/.test(value) ? undefined : Math.max(0, date - now)
}

function isNumber(text: string): boolean {
  return /^\d+(\.\d+)?$/.test(text)
}
