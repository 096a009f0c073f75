import type { RedisClient } from '../platform/redis/index.ts'
import { FEATURES_KEY } from './keys.ts'

/** Whether any feature is to have, or to lose, workers of its own. */
export async function hasFeatures(redis: RedisClient): Promise<boolean> {
  return (await redis.exists(FEATURES_KEY)) === 1
}
