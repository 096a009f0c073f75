import type { z } from 'zod'
import { createBalancer, type ReplicaState } from '../runtime/balancer/index.ts'
import { AgentctlError } from '../runtime/kernel/index.ts'
import { createLogger } from '../runtime/platform/log/index.ts'
import { resolveSettings } from './settings.ts'
import { withRedis } from './with-redis.ts'

/** The replica of a pool with least to do, where the settings name a Redis in which some have registered. */
export async function findReplica(
  pool: string,
  settings: z.ZodObject,
  flags: Record<string, unknown>,
): Promise<string | undefined> {
  const { sources } = resolveSettings(settings, flags)
  const namesRedis = ['redisUrl', 'redisHost', 'redisPort'].some((key) => sources[key]?.source !== 'default')
  if (!namesRedis) return undefined
  try {
    return await withRedis(settings, flags, async (redis) => {
      const log = createLogger({ level: 'silent', bindings: {} })
      const balancer = createBalancer({ redis, pool, log })
      try {
        return pickReplica(await balancer.replicas())
      } finally {
        await balancer.close()
      }
    })
  } catch (error) {
    // The service may be there all the same, at its usual address.
    if (error instanceof AgentctlError && error.code === 'REDIS_UNREACHABLE') return undefined
    throw error
  }
}

/** A healthy one with the least to do; without any, the first that there is. */
export function pickReplica(replicas: readonly ReplicaState[]): string | undefined {
  const healthy = replicas.filter(({ health }) => health === 'closed').toSorted((a, b) => a.load - b.load)
  return (healthy[0] ?? replicas[0])?.url
}
