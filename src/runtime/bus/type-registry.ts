import type { RedisClient } from '../platform/redis/index.ts'
import { EVENT_TYPES } from './keys.ts'

/** Notes in Redis which types there are, for those who look on. */
export interface TypeRegistry {
  /** Never waited for, and never fails: nothing depends on it. */
  note(type: string): void
  /** The same, also when it was noted a moment ago: the database was emptied, or replaced. */
  noteAnew(type: string): void
}

/** Milliseconds after which a type in use is noted again, should the set have been lost. */
const AGAIN = 60_000

/** @param now monotonic, in milliseconds */
export function createTypeRegistry(
  redis: Pick<RedisClient, 'sadd'>,
  now: () => number = () => performance.now(),
): TypeRegistry {
  const noted = new Map<string, number>()

  function noteAnew(type: string): void {
    noted.set(type, now())
    redis.sadd(EVENT_TYPES, type).catch(() => noted.delete(type))
  }

  return {
    noteAnew,
    note(type) {
      const at = noted.get(type)
      if (at === undefined || now() - at >= AGAIN) noteAnew(type)
    },
  }
}
