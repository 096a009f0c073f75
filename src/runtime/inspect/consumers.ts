import type { RedisClient } from '../platform/redis/index.ts'
import { numberOrNull, toRecord } from './replies.ts'

export interface ConsumerSummary {
  consumer: string
  pending: number
  /** Milliseconds since it last asked for entries or worked on one. */
  idle_ms: number
  /** Milliseconds since it last got something; null before Redis 7.2. */
  inactive_ms: number | null
  alive: boolean
}

/** A consumer that has not asked for so long counts as gone: readers block for seconds, not for minutes. */
export const ALIVE_WITHIN = 60_000

export async function listConsumers(
  redis: RedisClient,
  stream: string,
  group: string,
): Promise<ConsumerSummary[]> {
  const reply = (await redis.xinfo('CONSUMERS', stream, group)) as unknown[]
  return reply.map((list) => {
    const info = toRecord(list)
    const idle = Number(info.idle)
    return {
      consumer: String(info.name),
      pending: Number(info.pending),
      idle_ms: idle,
      inactive_ms: numberOrNull(info.inactive),
      alive: idle < ALIVE_WITHIN,
    }
  })
}
