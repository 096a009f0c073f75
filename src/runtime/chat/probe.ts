import type { Probe } from '../platform/probe/index.ts'
import { CHAT_STREAMS, DEFAULT_POOL, POOLS_KEY, QUEUE_PREFIX, queueName } from './keys.ts'

export const chatProbe: Probe = {
  name: 'chat',
  streams: [
    { kind: 'chat', pattern: CHAT_STREAMS },
    // What BullMQ tells of its jobs.
    { kind: 'queue', pattern: `${QUEUE_PREFIX}:*:events` },
  ],
  latencies: [{ metric: 'agentctl_chat_answer_seconds', kind: 'chat', labels: ['outcome'] }],
  async queues(redis) {
    const pools = [DEFAULT_POOL, ...(await redis.smembers(POOLS_KEY)).sort()]
    return pools.map((pool) => ({
      name: pool === DEFAULT_POOL ? 'chat' : `chat ${pool}`,
      prefix: QUEUE_PREFIX,
      queue: queueName(pool),
    }))
  },
}
