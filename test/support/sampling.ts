import { afterAll, beforeAll, beforeEach } from 'vitest'
import {
  createSampler,
  type RedisSample,
  type Sampler,
  type SamplerOptions,
} from '../../src/runtime/dashboard/sampling/index.ts'
import type { RedisClient } from '../../src/runtime/platform/redis/index.ts'
import { probes } from '../../src/runtime/probes.ts'
import { silent, startTestRedis, type TestRedis } from './redis.ts'

/** A sampler with the probes of the house. */
export function openSampler(redis: RedisClient, options: Partial<SamplerOptions> = {}): Sampler {
  return createSampler({ redis, probes, log: silent, ...options })
}

export interface SamplingScene {
  readonly server: TestRedis
  /** For the test's own doings. */
  readonly redis: RedisClient
  /** Made anew for each test. */
  readonly sampler: Sampler
  /** Seconds that the sampler believes to have passed; its clock stands still but for this. */
  pass(seconds: number): void
}

/** A real Redis that is empty at the beginning of each test, and a sampler whose clock the test sets. */
export function createSamplingScene(): SamplingScene {
  let server: TestRedis
  let redis: RedisClient
  let own: RedisClient
  let sampler: Sampler
  let time = 0

  beforeAll(async () => {
    server = await startTestRedis()
    redis = server.connect()
    own = server.connect('request')
  })
  afterAll(() => server.close())
  beforeEach(async () => {
    await redis.flushall()
    sampler = openSampler(own, { monotonic: () => time })
  })

  return {
    get server() {
      return server
    },
    get redis() {
      return redis
    },
    get sampler() {
      return sampler
    },
    pass(seconds) {
      time += seconds * 1_000
    },
  }
}

export const streamIn = (sample: RedisSample, key: string) =>
  sample.streams.find(({ stream }) => stream === key)

export const groupIn = (sample: RedisSample, key: string, name = 'g') =>
  sample.groups.find(({ stream, group }) => stream === key && group === name)

/** Samples until it is as it should be; fails when that takes more samples than it may. */
export async function sampleUntil(
  sampler: Sampler,
  isThere: (sample: RedisSample) => boolean,
  most = 200,
): Promise<RedisSample> {
  for (let tries = 1; ; tries++) {
    const sample = await sampler.sample()
    if (isThere(sample)) return sample
    if (tries === most)
      throw new Error(`not within ${most} samples: ${JSON.stringify(sample).slice(0, 2_000)}`)
  }
}
