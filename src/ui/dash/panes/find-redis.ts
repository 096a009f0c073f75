import type { Snapshot } from '../../../runtime/dashboard/index.ts'
import { milliseconds } from '../../format/duration.ts'
import { bytes, compact, percent } from '../../format/number.ts'
import type { Finding } from './finding.ts'
import { LIMITS, memoryShare, toneOf } from './tones.ts'

/** What is wrong with Redis itself, or with looking at it. */
export function findInRedis({ redis, took_ms: took, interval_ms: interval }: Snapshot): Finding[] {
  if (redis === null) return []
  const share = memoryShare(redis)
  const used = `${percent(share)} of ${bytes(redis.memory_limit)}`
  const found: [tone: Finding['tone'] | undefined, what: string][] = [
    [
      redis.evicted > 0 ? 'bad' : undefined,
      `Redis has evicted ${compact(redis.evicted)} keys: entries and jobs may be lost (policy ${redis.eviction})`,
    ],
    [toneOf(share, LIMITS.memory), `Redis uses ${used} of memory`],
    [
      redis.evicted === 0 && redis.eviction !== 'noeviction' && redis.memory_limit !== null
        ? 'warn'
        : undefined,
      `Redis may evict streams and jobs when its memory is full (policy ${redis.eviction}): set maxmemory-policy to noeviction`,
    ],
    [toneOf(redis.cpu, LIMITS.cpu), `Redis is busy: ${percent(redis.cpu)} of a core`],
    [toneOf(redis.ping_ms, LIMITS.ping), `Redis answers slowly: a PING took ${milliseconds(redis.ping_ms)}`],
    [
      took > interval / 2 ? 'warn' : undefined,
      `Looking takes long: the last sample took ${milliseconds(took)}`,
    ],
  ]
  return found.flatMap(([tone, what]) => (tone === undefined ? [] : [{ tone, what, pane: 'overview' }]))
}
