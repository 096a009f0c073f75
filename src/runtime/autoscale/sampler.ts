import { messageOf, withDeadline } from '../kernel/index.ts'
import { asUnreachable, type RedisClient } from '../platform/redis/index.ts'
import type { Sample } from './decide.ts'
import { createGroupLook } from './look-at-groups.ts'
import { createQueueLook } from './look-at-queues.ts'
import type { Workload } from './workloads.ts'

/** Reads how much there is to do; it changes nothing in Redis. */
export interface Sampler {
  /** Never rejects: why something cannot be known is the sample. */
  look(workload: Workload): Promise<Sample>
}

/** Milliseconds that a look may take. */
const PATIENCE = 3_000

/** @param now milliseconds since 1970 */
export function createSampler(redis: RedisClient, now: () => number = Date.now): Sampler {
  const lookAtQueues = createQueueLook(redis, now)
  const lookAtGroups = createGroupLook(redis, now)
  return {
    async look(workload) {
      const looking = workload.kind === 'queues' ? lookAtQueues(workload) : lookAtGroups(workload)
      try {
        return { lanes: await withDeadline(looking, PATIENCE, 'looking at what there is to do') }
      } catch (error) {
        return { unknown: messageOf(asUnreachable(error as Error) ?? error) }
      }
    },
  }
}
