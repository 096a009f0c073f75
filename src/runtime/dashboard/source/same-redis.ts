/**
 * Whether two URLs lead to the same database of the same server, as far as their text can tell. Who signs in, and how, does
 * not matter.
 */
export function isSameRedis(a: string, b: string): boolean {
  return a === b || placeOf(a) === placeOf(b)
}

const URL_PARTS = /^([a-z+]+):\/\/(?:[^@]*@)?([^/?]*)(?:\/([^?]*))?(?:\?(.*))?$/i

function placeOf(url: string): string {
  const [, scheme = '', hosts = '', path = '', query] = URL_PARTS.exec(url) ?? [url, url]
  const kind = scheme.toLowerCase().replace(/^rediss/, 'redis')
  const places = hosts.toLowerCase().split(',').map(withPort).toSorted()
  return [kind, places, path === '' ? (new URLSearchParams(query).get('db') ?? '0') : path].join(' ')
}

function withPort(host: string): string {
  const named = host.replace(/^(localhost|\[::1\])(?=:|$)/, '127.0.0.1')
  return /:\d+$/.test(named) ? named : `${named}:6379`
}
