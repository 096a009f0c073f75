import { openReplicas } from '../../balancer/index.ts'
import type { Logger } from '../../kernel/index.ts'
import type { RedisClient } from '../../platform/redis/index.ts'
import { CAMPAIGNS_POOL } from '../keys.ts'
import { type CampaignsClient, createCampaignsClient } from './client.ts'

export interface OpenCampaignsClientOptions {
  /** Base URL of the service. Without it the replicas that have registered in Redis are used, which must be given then. */
  url?: string | undefined
  redis?: RedisClient | undefined
  apiUsername: string
  apiPassword: string
  log: Logger
}

/**
 * A client of the campaigns service that finds it by its address or by the balancer.
 * @throws AgentctlError BALANCER_URL_INVALID
 */
export function openCampaignsClient(options: OpenCampaignsClientOptions): CampaignsClient {
  const { url, redis, apiUsername: username, apiPassword: password, log } = options
  const replicas = openReplicas({ urls: url === undefined ? [] : [url], pool: CAMPAIGNS_POOL, redis, log })
  const client = createCampaignsClient({ replicas, username, password, log })
  return {
    ...client,
    async close() {
      await client.close()
      await replicas.close()
    },
  }
}
