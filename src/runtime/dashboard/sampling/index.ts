export { createSampler } from './create.ts'
export type { PoolReplica, RedisSample, Sampler, SamplerOptions } from './sample.ts'
