import type { Logger } from '../kernel/index.ts'
import type { Part } from '../parts.ts'
import { connectRedis, disconnectRedis } from '../platform/redis/index.ts'
import { monotonicClock } from '../resilience/index.ts'
import { type Autoscaler, type Crew, createAutoscaler } from './autoscaler.ts'
import { createAutoscaleMetrics } from './metrics.ts'
import { createSampler } from './sampler.ts'
import type { Pace } from './scaled-role.ts'
import { type WorkOptions, workloadOf } from './workloads.ts'

export interface OpenAutoscalerOptions extends Pace {
  redisUrl: string
  crew: Crew
  /** What runs under a name; undefined where nothing does. */
  partOf(name: string): Part | undefined
  work: WorkOptions
  log: Logger
}

export interface OpenAutoscaler extends Autoscaler {
  /** In the text format of Prometheus. */
  metrics(): Promise<string>
}

/** Scales by what is in Redis, to which it connects when there is something to scale. */
export function openAutoscaler(options: OpenAutoscalerOptions): OpenAutoscaler {
  const { redisUrl: url, partOf, work, log } = options
  const autoscaler = createAutoscaler({
    ...options,
    workloadOf(role) {
      const part = partOf(role)
      return part && workloadOf(part, work)
    },
    async openSampler() {
      const redis = connectRedis({ url, purpose: 'request', name: 'autoscale', log })
      return { ...createSampler(redis), close: () => disconnectRedis(redis) }
    },
    clock: monotonicClock,
    onDecision: (role, direction) => metrics.decided(role, direction),
  })
  const metrics = createAutoscaleMetrics(autoscaler.status)
  return { ...autoscaler, metrics: metrics.text }
}
