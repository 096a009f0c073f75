import { createEventBus, type EventHandler } from '../bus/index.ts'
import { createCloser, type Logger, type RunningWork, type Tracer } from '../kernel/index.ts'
import type { Metrics } from '../platform/metrics/index.ts'
import { connectRedis, disconnectRedis, waitForRedis } from '../platform/redis/index.ts'
import { type EventAction, handlerOf } from './handler-of.ts'

export interface EventWorkerOptions {
  redisUrl: string
  /** This process's name in the group. */
  name: string
  types: readonly string[]
  group: string
  action: EventAction
  /** Handlers at once, for each type. */
  concurrency: number
  /** Milliseconds. */
  lease: number
  drainTimeout: number
  maxDeliveries: number
  /** Where the bus's metrics go. */
  metrics?: Metrics
  tracer?: Tracer | undefined
  log: Logger
}

const REDIS_TIMEOUT = 10_000

/**
 * Handles the events of some types as a member of a consumer group.
 * @throws AgentctlError EVENT_HANDLER_INVALID, EVENT_TYPE_INVALID, REDIS_URL_INVALID, REDIS_UNREACHABLE
 */
export async function startEventWorker(options: EventWorkerOptions): Promise<RunningWork> {
  const { redisUrl, name, types, group, concurrency, lease, drainTimeout, maxDeliveries, metrics, log } =
    options
  const handler = await handlerOf(options.action)
  let running = 0
  const counted: EventHandler = async (data, context) => {
    running++
    try {
      return await handler(data, context)
    } finally {
      running--
    }
  }
  const closer = createCloser()
  try {
    const redis = closer.add(connectRedis({ url: redisUrl, purpose: 'request', name, log }), disconnectRedis)
    await waitForRedis(redis, redisUrl, REDIS_TIMEOUT)
    // Nobody makes requests over this bus: nothing is ever subscribed to.
    const connections = { redis, subscriber: redis }
    const bus = createEventBus({
      redisUrl,
      name,
      tracer: options.tracer,
      log,
      connections,
      ...(metrics === undefined ? {} : { metrics }),
    })
    closer.add(bus, () => bus.close())
    for (const type of types) bus.subscribe(type, counted, { concurrency, maxDeliveries })
    await bus.start({ group, lease })
    closer.add(bus, () => bus.stop({ drainTimeout }))
    return {
      get running() {
        return running
      },
      ping: () => redis.ping(),
      stop: () => closer.close(),
    }
  } catch (error) {
    await closer.close()
    throw error
  }
}
