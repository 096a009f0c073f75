import type { Logger } from '../kernel/index.ts'
import type { RedisClient } from '../platform/redis/index.ts'
import { monotonicClock } from '../resilience/index.ts'
import type { Balancer } from './balancer.ts'
import { createBalancer } from './create.ts'
import { balancerError } from './errors.ts'
import { fixedReplicas } from './fixed.ts'

export interface OpenReplicasOptions {
  /** Addresses given by hand; none = those that have registered. */
  urls: readonly string[]
  pool: string
  /** Where they have registered; of no use with addresses. */
  redis: RedisClient | undefined
  log: Logger
  /** From 0 to below 1. */
  random?: () => number
}

/** How to reach a service: by addresses, which takes no Redis, or by the balancer's pool. */
export type Replicas = Pick<Balancer, 'acquire' | 'close'>

/** @throws AgentctlError BALANCER_URL_INVALID, BALANCER_NO_REPLICA when there is neither an address nor Redis */
export function openReplicas({
  urls,
  pool,
  redis,
  log,
  random = Math.random,
}: OpenReplicasOptions): Replicas {
  if (urls.length > 0)
    return { ...fixedReplicas(urls, { clock: monotonicClock, random }), close: async () => {} }
  if (redis) return createBalancer({ redis, pool, log, random })
  throw balancerError('BALANCER_NO_REPLICA', `neither an address of the pool "${pool}" nor Redis is known`)
}
