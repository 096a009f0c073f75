import { AgentctlError, type Logger, messageOf } from '../../kernel/index.ts'
import type { Probe } from '../../platform/probe/index.ts'
import { connectRedis, disconnectRedis, type RedisClient } from '../../platform/redis/index.ts'
import { createSampler, type Sampler } from '../sampling/index.ts'

/** What looks at one Redis. */
export interface Eye {
  readonly url: string
  readonly redis: RedisClient
  readonly sampler: Sampler
  /** Why a sample failed, in words that say more than those of the driver. */
  explain(error: unknown): string
  close(): Promise<void>
}

export interface EyeOptions {
  probes: readonly Probe[]
  log: Logger
  now: () => number
  monotonic: () => number
}

/** Opens a connection, which may come about later or never. */
export function openEye(url: string, { probes, log, now, monotonic }: EyeOptions): Eye {
  const redis = connectRedis({ url, purpose: 'request', name: 'dash', log })
  let broken: string | undefined
  redis.on('error', (error: Error & { code?: string }) => {
    broken = error.message || error.code
  })
  redis.on('ready', () => {
    broken = undefined
  })
  const sampler = createSampler({ redis, probes, log, now, monotonic })
  return {
    url,
    redis,
    sampler,
    explain(error) {
      if (broken !== undefined) return `Redis is away: ${broken}`
      return error instanceof AgentctlError ? error.message : `Redis cannot be looked at: ${messageOf(error)}`
    },
    close: () => disconnectRedis(redis),
  }
}
