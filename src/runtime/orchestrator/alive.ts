import { randomUUID } from 'node:crypto'
import type { Logger } from '../kernel/index.ts'
import type { RedisClient } from '../platform/redis/index.ts'
import { ALIVE_KEY } from './keys.ts'

/** Milliseconds after its last sign of life at which an orchestrator counts as dead. */
const ALIVE = 15_000

/**
 * Shows that an orchestrator is there, so that whoever has a wish can tell when nobody would hear it.
 * @returns what says that it has gone
 */
export async function showLife(redis: RedisClient, name: string, log: Logger): Promise<() => Promise<void>> {
  // In a rolling restart the old one, when it goes, must not take away the sign of the new one, which has its name.
  const member = `${name}/${randomUUID()}`
  async function show(): Promise<void> {
    await redis.zadd(ALIVE_KEY, Date.now() + ALIVE, member)
    await redis.zremrangebyscore(ALIVE_KEY, '-inf', Date.now())
  }
  const trouble = (error: Error) => log.debug({ reason: error.message }, 'no sign of life could be given')
  await show()
  const timer = setInterval(() => void show().catch(trouble), ALIVE / 3)
  return async () => {
    clearInterval(timer)
    await redis.zrem(ALIVE_KEY, member).catch(trouble)
  }
}

export async function isOrchestratorAlive(redis: RedisClient): Promise<boolean> {
  return (await redis.zcount(ALIVE_KEY, Date.now(), '+inf')) > 0
}
