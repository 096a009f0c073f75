import type { Metrics } from '../platform/metrics/index.ts'
import type { RedisClient } from '../platform/redis/index.ts'
import { DEFAULT_POOL, QUEUE_PREFIX, queueName } from './keys.ts'
import type { Pools } from './pools.ts'

/** Pools with a figure of their own: their names come from outside, and each is one more series. */
const MOST_POOLS = 100

/** What a gateway tells about the chats that wait, read when somebody asks. */
export function exposeQueues(metrics: Metrics, redis: RedisClient, pools: Pick<Pools, 'features'>): void {
  metrics.gauges('chat_queue_depth', 'Chats that wait for a worker, by pool', ['pool'], async () => {
    const features = (await pools.features()).sort().slice(0, MOST_POOLS)
    return Promise.all(
      [DEFAULT_POOL, ...features].map(async (pool) => {
        const waiting = await redis.llen(`${QUEUE_PREFIX}:${queueName(pool)}:wait`)
        return [{ pool }, waiting] as const
      }),
    )
  })
}

/** What a worker tells about its chats; the returned function measures one attempt. */
export function createAnswerMetrics(metrics: Metrics) {
  const seconds = metrics.histogram('chat_answer_seconds', 'Time of an attempt at a chat, by how it ended', [
    'outcome',
  ])
  return async <T>(attempt: () => Promise<T>): Promise<T> => {
    const end = seconds.startTimer()
    try {
      const result = await attempt()
      end({ outcome: 'finished' })
      return result
    } catch (error) {
      end({ outcome: 'failed' })
      throw error
    }
  }
}
