import { createBalancer, type PolicyName } from '../../balancer/index.ts'
import type { Logger } from '../../kernel/index.ts'
import type { RedisClient } from '../../platform/redis/index.ts'
import { LLM_POOL } from '../keys.ts'
import { createLlmClient, type LlmClient } from './client.ts'

export interface OpenClientOptions {
  redis: RedisClient
  balancerPolicy: PolicyName
  /** Services to use, separated by commas; without it, the replicas that have registered. */
  llmUrls?: string | undefined
  llmApiKey?: string | undefined
  log: Logger
}

/**
 * A client of the LLM service with a balancer of its own.
 * @throws AgentctlError BALANCER_URL_INVALID
 */
export function openLlmClient(options: OpenClientOptions): LlmClient {
  const { redis, balancerPolicy: policy, llmUrls, llmApiKey: apiKey, log } = options
  const urls = llmUrls === undefined ? {} : { urls: llmUrls.split(',') }
  const balancer = createBalancer({ redis, pool: LLM_POOL, policy, log, ...urls })
  const client = createLlmClient({ balancer, log, apiKey })
  return {
    ...client,
    async close() {
      await client.close()
      await balancer.close()
    },
  }
}
