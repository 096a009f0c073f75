import type { RedisClient } from './connect.ts'

/** What about this server's settings can lose acknowledged data; empty when all is well. */
export async function durabilityWarnings(redis: RedisClient): Promise<string[]> {
  const info = await redis.info()
  const field = (name: string) => new RegExp(`^${name}:(.*?)\\r?$`, 'm').exec(info)?.[1]
  const warnings: string[] = []
  if (field('aof_enabled') === '0') {
    warnings.push('appendonly is off: a crash of Redis loses everything since its last snapshot')
  }
  const policy = field('maxmemory_policy')
  if (policy !== undefined && policy !== 'noeviction') {
    warnings.push(`maxmemory-policy is ${policy}: Redis may evict streams and jobs; set it to noeviction`)
  }
  return warnings
}
