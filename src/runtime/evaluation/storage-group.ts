import { ensureGroup } from '../bus/index.ts'
import type { RedisClient } from '../platform/redis/index.ts'
import { EVENT_TYPES, STORAGE_GROUP } from './messages.ts'

/**
 * Makes the group of storage on every stream of evaluations, from the first event on. The bus does not trim what a group has
 * still to read: with the group there, nothing is lost although storage starts later, or was never there yet.
 */
export async function ensureStorageGroup(redis: RedisClient): Promise<void> {
  await Promise.all(EVENT_TYPES.map((type) => ensureGroup(redis, type, STORAGE_GROUP)))
}
