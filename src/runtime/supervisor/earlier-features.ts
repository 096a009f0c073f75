import { type Logger, messageOf } from '../kernel/index.ts'
import { hasFeatures } from '../orchestrator/index.ts'
import { connectRedis, disconnectRedis, waitForRedis } from '../platform/redis/index.ts'

const PATIENCE = 5_000

/** Whether features that were given workers before are to have them again: their orchestrator is then needed. */
export async function hasEarlierFeatures(url: string, log: Logger): Promise<boolean> {
  const redis = connectRedis({ url, purpose: 'request', name: 'serve', log })
  try {
    await waitForRedis(redis, url, PATIENCE)
    return await hasFeatures(redis)
  } catch (error) {
    log.warn({ reason: messageOf(error) }, 'it cannot be told whether features have workers of their own')
    return false
  } finally {
    await disconnectRedis(redis)
  }
}
