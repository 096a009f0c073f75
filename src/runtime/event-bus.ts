/** What `import … from 'agentctl/bus'` offers. */
import { z } from 'zod'
import { createEventBus as createBus, type EventBus, type EventBusOptions } from './bus/index.ts'
import { redisSettings, stateSettings } from './kernel/index.ts'
import { redisUrlOf } from './platform/redis/index.ts'
import { settingsOf } from './settings.ts'

export type {
  BusEvent,
  Durability,
  EventBus,
  EventContext,
  EventHandler,
  HistoryOptions,
  HistoryPage,
  JsonSchema,
  Place,
  PublishOptions,
  Receipt,
  ReplayOptions,
  ReplayResult,
  Reply,
  RequestOptions,
  SchemaInfo,
  SchemaRegistry,
  StartOptions,
  SubscribeOptions,
} from './bus/index.ts'
export { AgentctlError, FatalError, RetryableError } from './kernel/index.ts'

/**
 * Opens the event bus. Without `redisUrl` it uses what the commands would: REDIS_URL, else agentctl.json, else the
 * `agentctl serve` that runs in this folder, else 127.0.0.1:6379.
 * @throws AgentctlError REDIS_URL_INVALID, CONFIG_INVALID
 */
export function createEventBus(
  options: Omit<EventBusOptions, 'redisUrl'> & { redisUrl?: string } = {},
): EventBus {
  return createBus({ ...options, redisUrl: options.redisUrl ?? findRedis() })
}

function findRedis(): string {
  const { stateDir } = settingsOf(z.object(stateSettings), {}).values
  return redisUrlOf(settingsOf(z.object(redisSettings), {}, stateDir).values)
}
