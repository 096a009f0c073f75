import type { Labels, Metrics } from '../platform/metrics/index.ts'
import { isCluster, type RedisClient } from '../platform/redis/index.ts'
import { deadLetterKey, streamKey } from './keys.ts'

type Sample = readonly [Labels, number]

/** Lag, pending entries and dead letters of the groups this process takes part in, read when somebody asks. */
export function addGroupGauges(metrics: Metrics, redis: RedisClient) {
  let group = ''
  let types: () => readonly string[] = () => []

  async function ofGroups(field: 'lag' | 'pending'): Promise<Sample[]> {
    const samples = await Promise.all(
      types().map(async (event_type): Promise<Sample[]> => {
        const value = (await readGroup(redis, streamKey(event_type), group))?.[field]
        // Redis does not always know the lag: then there is no value rather than a wrong one.
        return typeof value === 'number' ? [[{ event_type, group }, value]] : []
      }),
    )
    return samples.flat()
  }

  const labels = ['event_type', 'group']
  metrics.gauges('events_lag', 'Entries the group has not read', labels, () => ofGroups('lag'))
  metrics.gauges('events_pending', 'Entries read and not acknowledged', labels, () => ofGroups('pending'))
  metrics.gauges(
    'events_oldest_pending_seconds',
    'Time since the publication of the oldest entry read and not acknowledged, 0 for none',
    labels,
    () =>
      Promise.all(
        types().map(async (event_type): Promise<Sample> => {
          return [{ event_type, group }, await oldestPending(redis, streamKey(event_type), group)]
        }),
      ),
  )
  metrics.gauges('events_dead_letters', 'Events in the dead letters', ['event_type'], () =>
    Promise.all(
      types().map(async (event_type): Promise<Sample> => {
        return [{ event_type }, await redis.xlen(deadLetterKey(event_type, isCluster(redis)))]
      }),
    ),
  )
  return {
    watch(watched: string, watchedTypes: () => readonly string[]): void {
      group = watched
      types = watchedTypes
    },
  }
}

/** Seconds, by the clock of this machine. */
async function oldestPending(redis: RedisClient, stream: string, group: string): Promise<number> {
  const [, first] = (await redis.xpending(stream, group)) as [number, string | null]
  return first === null ? 0 : Math.max(0, Date.now() - Number.parseInt(first, 10)) / 1_000
}

async function readGroup(
  redis: RedisClient,
  stream: string,
  group: string,
): Promise<Record<string, unknown> | undefined> {
  const groups = (await redis.xinfo('GROUPS', stream).catch(() => [])) as unknown[][]
  for (const list of groups) {
    const fields: Record<string, unknown> = {}
    for (let i = 0; i + 1 < list.length; i += 2) fields[String(list[i])] = list[i + 1]
    if (fields.name === group) return fields
  }
  return undefined
}
