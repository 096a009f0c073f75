import { isCluster, type RedisClient } from './connect.ts'

/** Keys of one type that match a glob pattern, in alphabetical order. Never blocks the server: SCAN, not KEYS. */
export async function scanKeys(redis: RedisClient, pattern: string, type: string): Promise<string[]> {
  const nodes = isCluster(redis) ? redis.nodes('master') : [redis]
  const found = new Set<string>()
  for (const node of nodes) {
    let cursor = '0'
    do {
      const [next, keys] = await node.scan(cursor, 'MATCH', pattern, 'COUNT', 1_000, 'TYPE', type)
      for (const key of keys) found.add(key)
      cursor = next
    } while (cursor !== '0')
  }
  return [...found].sort()
}
