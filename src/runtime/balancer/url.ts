import { balancerError } from './errors.ts'

/**
 * The one way to write the address of a replica: `http://HOST:PORT/path`, without a slash at the end.
 * @throws AgentctlError BALANCER_URL_INVALID
 */
export function replicaUrl(text: string): string {
  const url = URL.parse(text.trim())
  // Logins and keys stay out of errors and logs.
  const shown = text.replace(/^(\w+:\/\/)?[^/]*@/, '$1***@').replace(/[?#].*/s, '')
  const fail = (why: string) => balancerError('BALANCER_URL_INVALID', `"${shown}" ${why}`)
  if (!url || !/^https?:$/.test(url.protocol)) throw fail('is not an HTTP URL')
  if (url.username !== '' || url.password !== '') throw fail('must not contain a login')
  if (url.search !== '' || url.hash !== '') throw fail('must not have a query or a fragment')
  return url.origin + url.pathname.replace(/\/+$/, '')
}
