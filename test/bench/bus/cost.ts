import type { Child } from '../support/child.ts'
import type { PrivateRedis } from '../support/redis.ts'
import type { SideApi } from './side.child.ts'

/** Milliseconds of processor time for 1,000 events. */
export interface Cost {
  publisher: number
  /** NaN where there is none of its own. */
  consumer: number
  redis: number
}

interface Sides {
  publisher: Child<SideApi>
  consumer?: Child<SideApi>
}

/** Starts to measure; what it returns ends that. */
export async function costMeter(
  redis: PrivateRedis,
  sides: Sides,
): Promise<(events: number) => Promise<Cost>> {
  const before = await read()
  return async (events) => {
    const after = await read()
    const cost = (key: keyof Cost) => (1_000 * (after[key] - before[key])) / events
    return { publisher: cost('publisher'), consumer: cost('consumer'), redis: cost('redis') }
  }

  async function read(): Promise<Cost> {
    const [publisher, consumer, server] = await Promise.all([
      sides.publisher.call('cpu'),
      sides.consumer?.call('cpu') ?? Number.NaN,
      redis.cpuUsed(),
    ])
    return { publisher, consumer, redis: server }
  }
}
