import { maskUrl } from '../../kernel/index.ts'
import { redisError } from './errors.ts'

export interface Node {
  host: string
  port: number
}

/** Where a Redis is and how to log in: what a URL says, taken apart. */
export interface RedisTarget {
  mode: 'single' | 'sentinel' | 'cluster'
  nodes: Node[]
  tls: boolean
  /** Files in PEM: who signs the servers, and what this side shows. */
  tlsCa?: string
  tlsCert?: string
  tlsKey?: string
  /** Name of the master, with Sentinel only. */
  master?: string
  /** Unix socket path, in single mode only. */
  path?: string
  username?: string
  password?: string
  sentinelPassword?: string
  db: number
}

const FORM = /^(rediss?)(?:\+(sentinel|cluster|unix))?:\/\/(?:([^@/]*)@)?([^/?@]*)(\/[^?@]*)?(?:\?(.*))?$/

const NOT_ONE = 'not a Redis URL (in a login, write @ as %40, / as %2F and : as %3A)'

/**
 * Takes a Redis URL apart.
 *
 * - `redis://[user:password@]host[:port][/db]`, `rediss://` for TLS
 * - `redis+sentinel://[user:password@]host:port,host:port/master[/db][?sentinel_password=…]`
 * - `redis+cluster://[user:password@]host:port,host:port`
 * - `redis+unix:///path/to/socket[?db=N]`
 * - with `rediss`: `?tls_ca=FILE`, and `&tls_cert=FILE&tls_key=FILE` where servers want a certificate
 *
 * @throws AgentctlError REDIS_URL_INVALID
 */
export function parseRedisUrl(url: string): RedisTarget {
  const fail = (why: string) =>
    redisError('REDIS_URL_INVALID', `${maskUrl(url)}: ${why}`, { field: 'redisUrl' })
  const match = FORM.exec(url)
  if (!match) throw fail(NOT_ONE)
  const [, scheme, kind, login, hosts = '', path = '', queryText = ''] = match
  const query = new URLSearchParams(queryText)
  const base = { tls: scheme === 'rediss', ...parseTls(scheme, query, fail), ...parseLogin(login, fail) }
  if (kind === 'unix') {
    if (hosts !== '' || path === '') throw fail('a unix socket is written as redis+unix:///path/to/socket')
    return { ...base, mode: 'single', nodes: [], path, db: parseDb(query.get('db') ?? '', fail) }
  }
  // A login with a / or ? in it looks like a host: its beginning must not be told.
  const unlikely = login === undefined && queryText.includes('@') ? () => fail(NOT_ONE) : fail
  const nodes = parseNodes(hosts, kind === 'sentinel' ? 26_379 : 6_379, unlikely)
  const segments = path
    .split('/')
    .filter(Boolean)
    .map((segment) => decode(segment, fail))
  if (kind === 'cluster') {
    if (segments.length > 0 && segments[0] !== '0') throw fail('a cluster has only database 0')
    return { ...base, mode: 'cluster', nodes, db: 0 }
  }
  if (kind === 'sentinel') {
    const [master, db] = segments
    if (!master) throw fail('the name of the master is missing, as in /mymaster')
    const sentinelPassword = query.get('sentinel_password') ?? undefined
    return {
      ...base,
      mode: 'sentinel',
      nodes,
      master,
      db: parseDb(db ?? '', fail),
      ...(sentinelPassword === undefined ? {} : { sentinelPassword }),
    }
  }
  if (nodes.length !== 1) throw fail('several hosts need redis+cluster:// or redis+sentinel://')
  return { ...base, mode: 'single', nodes, db: parseDb(segments[0] ?? query.get('db') ?? '', fail) }
}

type Fail = (why: string) => Error

function parseTls(scheme: string | undefined, query: URLSearchParams, fail: Fail) {
  const [tlsCa, tlsCert, tlsKey] = ['tls_ca', 'tls_cert', 'tls_key'].map(
    (name) => query.get(name) || undefined,
  )
  if (tlsCa === undefined && tlsCert === undefined && tlsKey === undefined) return {}
  if (scheme !== 'rediss') throw fail('certificates need rediss:// in place of redis://')
  if ((tlsCert === undefined) !== (tlsKey === undefined)) throw fail('tls_cert and tls_key go together')
  return {
    ...(tlsCa === undefined ? {} : { tlsCa }),
    ...(tlsCert === undefined || tlsKey === undefined ? {} : { tlsCert, tlsKey }),
  }
}

function parseLogin(login: string | undefined, fail: Fail): { username?: string; password?: string } {
  if (!login) return {}
  const colon = login.indexOf(':')
  const [user, password] = colon < 0 ? [login, ''] : [login.slice(0, colon), login.slice(colon + 1)]
  return {
    ...(user === '' ? {} : { username: decode(user, fail) }),
    ...(password === '' ? {} : { password: decode(password, fail) }),
  }
}

function decode(text: string, fail: Fail): string {
  try {
    return decodeURIComponent(text)
  } catch {
    throw fail('a % must be written as %25')
  }
}

function parseNodes(hosts: string, defaultPort: number, fail: Fail): Node[] {
  return hosts.split(',').map((text) => {
    const match = /^(\[[0-9a-fA-F:]+\]|[^:[\]\s]+)(?::(\d+))?$/.exec(text)
    const port = Number(match?.[2] ?? defaultPort)
    if (!match || port < 1 || port > 65_535) throw fail(`"${text}" is not HOST:PORT`)
    return { host: (match[1] as string).replace(/^\[|\]$/g, ''), port }
  })
}

function parseDb(text: string, fail: Fail): number {
  if (text === '') return 0
  if (!/^\d{1,4}$/.test(text)) throw fail(`"${text}" is not a database number`)
  return Number(text)
}

/** The URL to use when some settings are given: the URL itself, else one made of host and port. */
export function redisUrlOf(settings: {
  redisUrl?: string | undefined
  redisHost?: string | undefined
  redisPort?: number | undefined
}): string {
  if (settings.redisUrl !== undefined) return settings.redisUrl
  const host = settings.redisHost ?? '127.0.0.1'
  return `redis://${host.includes(':') ? `[${host}]` : host}:${settings.redisPort ?? 6379}`
}
