import type { RedisClient } from '../platform/redis/index.ts'
import { modelKey } from './keys.ts'
import type { LearnedPolicy } from './learned.ts'

/** Keeps what is learned in Redis, so that clients learn from each other and a new one starts with what is known. */
export interface SharedModel {
  /** Mixes what this client has learned since the last time into the common model, and goes on with that. */
  sync(): Promise<void>
}

/** Observations that the common model counts for: so many new ones change it by half. */
const INERTIA = 200
const LIFE = 24 * 3_600_000

export function createSharedModel(redis: RedisClient, pool: string, policy: LearnedPolicy): SharedModel {
  const key = modelKey(pool)

  return {
    async sync() {
      const common = parse(await redis.hget(key, 'weights'), policy.learned.length)
      const count = policy.takeCount()
      if (common) policy.replace(mix(common, policy.learned, count / (count + INERTIA)))
      if (count === 0) return
      // Of two clients that do this at once one wins; the other one's share comes with its next observations.
      await redis.hset(key, 'weights', JSON.stringify(policy.learned))
      await redis.pexpire(key, LIFE)
    },
  }
}

/** Weighted mean of two models: "parameter mixing", after McDonald, Hall and Mann (2010). */
export function mix(common: readonly number[], own: readonly number[], share: number): number[] {
  return common.map((weight, i) => weight + share * ((own[i] as number) - weight))
}

/** Undefined for everything that is no model of this size, such as that of another version. */
function parse(text: string | null, size: number): number[] | undefined {
  try {
    const weights: unknown = JSON.parse(text ?? '')
    return Array.isArray(weights) && weights.length === size && weights.every(Number.isFinite)
      ? weights
      : undefined
  } catch {
    return undefined
  }
}
