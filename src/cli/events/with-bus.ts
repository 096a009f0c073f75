import type { z } from 'zod'
import { createEventBus, type EventBus } from '../../runtime/bus/index.ts'
import { redisUrlOf } from '../../runtime/platform/redis/index.ts'
import { resolveSettings } from '../settings.ts'
import { withRedis } from '../with-redis.ts'

/**
 * Opens the event bus of the Redis that the settings name, for as long as `use` takes.
 * @throws AgentctlError REDIS_UNREACHABLE
 */
export async function withBus<T>(
  settings: z.ZodObject,
  flags: Record<string, unknown>,
  use: (bus: EventBus) => Promise<T>,
): Promise<T> {
  const redisUrl = redisUrlOf(resolveSettings(settings, flags).values)
  return withRedis(settings, flags, (redis) =>
    withRedis(
      settings,
      flags,
      async (subscriber) => {
        const bus = createEventBus({ redisUrl, name: 'cli', connections: { redis, subscriber } })
        try {
          return await use(bus)
        } finally {
          await bus.close()
        }
      },
      { purpose: 'subscriber' },
    ),
  )
}
