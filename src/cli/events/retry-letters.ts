import { busError, createDeadLetters, type Retried } from '../../runtime/bus/index.ts'
import { kernelError } from '../../runtime/kernel/index.ts'
import { counted } from '../run-change.ts'
import { redisOnly } from '../streams/stream-flags.ts'
import { withRedis } from '../with-redis.ts'

/**
 * Retries the letters that are named, or all.
 * @throws AgentctlError EVENT_NOT_FOUND when some are not there; the others are retried all the same
 */
export async function retryLetters(
  type: string,
  ids: readonly string[],
  flags: Record<string, unknown> & { all?: boolean; count?: number | undefined },
): Promise<Retried[]> {
  const all = flags.all === true
  if (all === ids.length > 0) {
    throw kernelError('CONFIG_INVALID', 'name the dead letters to retry, or give --all', {
      field: 'ids',
      fix: 'List them with `agentctl dlq show TYPE`.',
    })
  }
  const retried = await withRedis(redisOnly, flags, (redis) =>
    createDeadLetters({ redis }).retry(type, all ? 'all' : ids, flags.count),
  )
  const missing = ids.filter((id) => !retried.some(({ letter }) => letter === id))
  if (missing.length === 0) return retried
  throw busError(
    'EVENT_NOT_FOUND',
    `${type} has no dead letter ${missing.join(', ')}; ${counted(retried.length, 'other')} retried`,
  )
}
