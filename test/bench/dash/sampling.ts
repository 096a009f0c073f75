import { createSampler } from '../../../src/runtime/dashboard/sampling/index.ts'
import { connectRedis, disconnectRedis } from '../../../src/runtime/platform/redis/index.ts'
import { probes } from '../../../src/runtime/probes.ts'
import { now, sleep } from '../support/clock.ts'
import { quietLog } from '../support/log.ts'
import { cpuUsed } from '../support/usage.ts'

export interface SamplingResult {
  /** Milliseconds of the first sample, which looks at everything. */
  first: number
  /** Of all others. */
  took: number[]
  /** Milliseconds of this process's processor time for one sample. */
  cpu: number
  streams: number
  groups: number
  /** Whether all keys were looked at before the last sample. */
  complete: boolean
}

/** Takes samples, one a second, as the dashboard does. */
export async function measureSampling(url: string, samples: number): Promise<SamplingResult> {
  const log = quietLog()
  const redis = connectRedis({ url, purpose: 'request', name: 'bench-sampler', log })
  const sampler = createSampler({ redis, probes, log })
  try {
    await redis.ping()
    let last = await sampler.sample()
    const first = last.took_ms
    const took: number[] = []
    let cpu = 0
    for (let next = now(); took.length < samples; ) {
      next += 1_000
      await sleep(Math.max(0, next - now()))
      const before = cpuUsed()
      last = await sampler.sample()
      cpu += cpuUsed() - before
      took.push(last.took_ms)
    }
    return {
      ...{ first, took, cpu: cpu / samples },
      ...{ streams: last.streams.length, groups: last.groups.length, complete: last.discovery.complete },
    }
  } finally {
    await disconnectRedis(redis)
  }
}
