import { createBalancer, type ReplicaState } from '../../runtime/balancer/index.ts'
import { AgentctlError } from '../../runtime/kernel/index.ts'
import { LLM_POOL } from '../../runtime/llm/index.ts'
import { createLogger } from '../../runtime/platform/log/index.ts'
import { resolveSettings } from '../settings.ts'
import { withRedis } from '../with-redis.ts'
import { llmClient } from './llm-flags.ts'

const DEFAULT_URL = 'http://127.0.0.1:8001'

export interface FoundService {
  url: string
  apiKey: string | undefined
}

/** The service that the settings name; else the replica with least to do of a Redis that they name; else the default. */
export async function findService(flags: Record<string, unknown>): Promise<FoundService> {
  const { values, sources } = resolveSettings(llmClient, flags)
  const { llmUrl, llmApiKey: apiKey } = values
  if (llmUrl !== undefined) return { url: llmUrl, apiKey }
  const namesRedis = ['redisUrl', 'redisHost', 'redisPort'].some((key) => sources[key]?.source !== 'default')
  const url = namesRedis ? await findReplica(flags) : undefined
  return { url: url ?? DEFAULT_URL, apiKey }
}

async function findReplica(flags: Record<string, unknown>): Promise<string | undefined> {
  try {
    return await withRedis(llmClient, flags, async (redis) => {
      const log = createLogger({ level: 'silent', bindings: {} })
      const balancer = createBalancer({ redis, pool: LLM_POOL, log })
      try {
        return pickReplica(await balancer.replicas())
      } finally {
        await balancer.close()
      }
    })
  } catch (error) {
    // The service may be there all the same: it needs no Redis.
    if (error instanceof AgentctlError && error.code === 'REDIS_UNREACHABLE') return undefined
    throw error
  }
}

/** A healthy one with the least to do; without any, the first that there is. */
export function pickReplica(replicas: readonly ReplicaState[]): string | undefined {
  const healthy = replicas.filter(({ health }) => health === 'closed').toSorted((a, b) => a.load - b.load)
  return (healthy[0] ?? replicas[0])?.url
}
