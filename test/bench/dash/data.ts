import { EVENT_TYPES, streamKey } from '../../../src/runtime/bus/index.ts'
import type { RedisClient } from '../../../src/runtime/platform/redis/index.ts'

export const STREAMS = 100
export const GROUPS_EACH = 3
export const CONSUMERS_EACH = 8
/** Entries of each stream at the beginning; every group has read, and not acknowledged, the first few. */
const ENTRIES = 50
const STEP = 20_000

export const typeOf = (stream: number) => `bench.type-${stream}`
export const groupOf = (group: number) => `group-${group}`

/** Fills an empty Redis as a busy one may be filled: streams, groups and consumers, and very many other keys. */
export async function fill(redis: RedisClient, keys: number): Promise<void> {
  for (let from = 1; from <= keys; from += STEP) {
    const script = "for i = ARGV[1], ARGV[2] do redis.call('SET', 'session:' .. i, i) end"
    await redis.eval(script, 0, from, Math.min(keys, from + STEP - 1))
  }
  for (let stream = 0; stream < STREAMS; stream++) await addStream(redis, typeOf(stream))
}

async function addStream(redis: RedisClient, type: string): Promise<void> {
  const key = streamKey(type)
  const pipeline = redis.pipeline()
  pipeline.sadd(EVENT_TYPES, type)
  for (let i = 0; i < ENTRIES; i++) pipeline.xadd(key, '*', 'event_type', type, 'data', '{"n":1}')
  for (let group = 0; group < GROUPS_EACH; group++) {
    pipeline.xgroup('CREATE', key, groupOf(group), '0')
    for (let i = 0; i < CONSUMERS_EACH; i++) {
      pipeline.xreadgroup('GROUP', groupOf(group), `consumer-${i}`, 'COUNT', 1, 'STREAMS', key, '>')
    }
  }
  const replies = (await pipeline.exec()) ?? []
  const error = replies.find(([failure]) => failure)?.[0]
  if (error) throw error
}
