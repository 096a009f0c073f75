import { expect, it } from 'vitest'
import { isOrchestratorAlive, showLife } from '../../../src/runtime/orchestrator/alive.ts'
import type { RedisClient } from '../../../src/runtime/platform/redis/index.ts'
import { silent } from '../../support/redis.ts'

/** One sorted set. */
function createRedis(): RedisClient {
  const scores = new Map<string, number>()
  const fake = {
    zadd: async (_key: string, score: number, member: string) => scores.set(member, score).size,
    zrem: async (_key: string, member: string) => Number(scores.delete(member)),
    zremrangebyscore: async () => 0,
    zcount: async () => scores.size,
  }
  return fake as Partial<Record<keyof RedisClient, unknown>> as RedisClient
}

it('an orchestrator that follows one of its name is alive when that has gone', async () => {
  const redis = createRedis()
  const stopOld = await showLife(redis, 'orchestrator-1', silent)
  const stopNew = await showLife(redis, 'orchestrator-1', silent)
  await stopOld()
  expect(await isOrchestratorAlive(redis)).toBe(true)
  await stopNew()
  expect(await isOrchestratorAlive(redis)).toBe(false)
})
