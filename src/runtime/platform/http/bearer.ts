/** The header that shows an API key; none without one. */
export function bearerHeaders(key: string | undefined): Record<string, string> {
  return key === undefined ? {} : { authorization: `Bearer ${key}` }
}
