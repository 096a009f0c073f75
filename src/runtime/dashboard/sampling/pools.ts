import { readReplicas } from '../../balancer/index.ts'
import type { Probe } from '../../platform/probe/index.ts'
import { isAway, type RedisClient } from '../../platform/redis/index.ts'
import type { Refusals } from './refusals.ts'
import { remember } from './ring.ts'
import type { PoolReplica } from './sample.ts'

/** The replicas that are registered in the pools of all rooms. */
export interface Pools {
  /** @throws Error of the driver */
  look(): Promise<PoolReplica[]>
}

export function createPools(redis: RedisClient, probes: readonly Probe[], refusals: Refusals): Pools {
  const names = [...new Set(probes.flatMap(({ pools = [] }) => pools))]
  let known = new Map<string, PoolReplica>()

  async function read(pool: string): Promise<PoolReplica[]> {
    try {
      return (await readReplicas(redis, pool)).map(({ url, load, health }) => {
        const before = known.get(`${pool} ${url}`)
        return { url, pool, load, breaker: health, history: remember(before?.history ?? [], load) }
      })
    } catch (error) {
      if (isAway(error as Error) || !refusals.note('pools', error as Error)) throw error
      return []
    }
  }

  return {
    async look() {
      if (!refusals.allows('pools')) return []
      const all = (await Promise.all(names.map(read))).flat().toSorted((a, b) => (a.url < b.url ? -1 : 1))
      known = new Map(all.map((replica) => [`${replica.pool} ${replica.url}`, replica]))
      return all
    },
  }
}
