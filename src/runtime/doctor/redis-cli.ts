import { shellWord } from '../kernel/index.ts'
import { parseRedisUrl, type RedisTarget } from '../platform/redis/index.ts'
import type { Remark } from './check.ts'
import type { RedisNode } from './nodes.ts'

const NAME = '`redis-cli'

/** Remarks whose fixes tell `redis-cli` where to go: by itself it goes to port 6379 of this machine. */
export function aimed(
  remarks: readonly Remark[],
  url: string,
  node?: Pick<RedisNode, 'name'>,
): readonly Remark[] {
  const command = [NAME, ...placeOf(url, node?.name)].join(' ')
  return remarks.map((remark) => ({ ...remark, fix: remark.fix.replaceAll(`${NAME} `, `${command} `) }))
}

/** @param node `HOST:PORT` of one server of a cluster */
function placeOf(url: string, node = ''): string[] {
  const target = targetOf(url)
  // Who is the master is known to the sentinels alone.
  if (target === undefined || target.mode === 'sentinel') return []
  const { host, port } = splitAddress(node) ?? target.nodes[0] ?? {}
  return [
    ...(target.path === undefined ? [] : ['-s', shellWord(target.path)]),
    ...(host === undefined || host === '127.0.0.1' || host === 'localhost' ? [] : ['-h', shellWord(host)]),
    ...(port === undefined || port === 6_379 ? [] : ['-p', String(port)]),
    ...(target.mode === 'cluster' && node === '' ? ['-c'] : []),
    ...(target.db === 0 ? [] : ['-n', String(target.db)]),
    ...(target.tls ? ['--tls'] : []),
    ...(target.username === undefined ? [] : ['--user', shellWord(target.username)]),
    // It then asks for the password, which has no business on a screen.
    ...(target.password === undefined ? [] : ['--askpass']),
  ]
}

function targetOf(url: string): RedisTarget | undefined {
  try {
    return parseRedisUrl(url)
  } catch {
    return undefined
  }
}

function splitAddress(address: string): { host: string; port: number } | undefined {
  const [, host, port] = /^(.+):(\d+)$/.exec(address) ?? []
  return host === undefined ? undefined : { host, port: Number(port) }
}
