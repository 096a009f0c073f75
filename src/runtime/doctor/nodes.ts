import { isCluster, type RedisClient } from '../platform/redis/index.ts'

/** What one server says of itself. */
export interface RedisNode {
  /** `HOST:PORT` in a cluster; empty for a server that is alone. */
  name: string
  info: RedisInfo
  /** The answer to INFO as it came. */
  text: string
}

export type RedisInfo = Readonly<Record<string, string>>

/** The lines `name:value` of an answer to INFO; headings and empty lines are left out. */
export function parseInfo(text: string): RedisInfo {
  const fields = text.split(/\r?\n/).flatMap((line) => {
    const at = line.indexOf(':')
    return at < 1 || line.startsWith('#') ? [] : [[line.slice(0, at), line.slice(at + 1)] as const]
  })
  return Object.fromEntries(fields)
}

/** The only server, or the primaries of a cluster. */
export async function readNodes(redis: RedisClient): Promise<RedisNode[]> {
  const servers = isCluster(redis) ? redis.nodes('master') : [redis]
  return Promise.all(
    servers.map(async (server) => {
      const { host, port } = server.options
      const text = await server.info()
      return { name: isCluster(redis) ? `${host}:${port}` : '', info: parseInfo(text), text }
    }),
  )
}

/** " of HOST:PORT" in a cluster, so that it is clear whose finding it is. */
export function whose({ name }: RedisNode): string {
  return name === '' ? '' : ` of ${name}`
}
