import { maskUrl } from '../../kernel/index.ts'
import type { ReplicaSnapshot } from '../../supervisor/index.ts'
import type { PoolReplica } from '../sampling/index.ts'
import type { ReplicaRow } from '../snapshot.ts'

/**
 * What runs: the replicas of the supervisor, each with what the balancer knows of its URL, and those that only the balancer
 * knows of.
 */
export function joinReplicas(
  replicas: readonly ReplicaSnapshot[],
  pools: readonly PoolReplica[],
): ReplicaRow[] {
  const left = new Set(pools)
  const supervised = replicas.map((replica) => {
    const pool = pools.find((one) => left.has(one) && urlsOf(replica).includes(bare(one.url)))
    if (pool) left.delete(pool)
    return toRow(replica, pool)
  })
  const names = new Set<string>()
  return [...supervised, ...[...left].map((pool) => toPoolRow(pool, names))]
}

function urlsOf({ facts }: ReplicaSnapshot): string[] {
  return [facts.advertised, facts.url].filter((url) => url !== undefined).map(bare)
}

function bare(url: string): string {
  return url.replace(/\/+$/, '')
}

function toRow(replica: ReplicaSnapshot, pool: PoolReplica | undefined): ReplicaRow {
  const { name, role, state, pid, restarts, ready_since, rss, facts, failure } = replica
  return {
    ...{ name, role, state, pid, restarts, ready_since, rss },
    url: facts.url === undefined ? null : maskUrl(facts.url),
    pool: pool ? stateOf(pool) : null,
    last_exit: exitOf(replica),
    failure: failure && `${failure.detail} (${failure.code})`,
    history: pool ? [...pool.history] : [],
  }
}

function toPoolRow(pool: PoolReplica, names: Set<string>): ReplicaRow {
  const url = maskUrl(pool.url)
  // A service may be in two pools at once.
  const name = names.has(url) ? `${url} (${pool.pool})` : url
  names.add(name)
  return {
    ...{ name, role: pool.pool, url, pool: stateOf(pool), history: [...pool.history] },
    ...{
      state: null,
      pid: null,
      restarts: null,
      ready_since: null,
      rss: null,
      last_exit: null,
      failure: null,
    },
  }
}

const stateOf = ({ pool, load, breaker }: PoolReplica) => ({ pool, load, breaker })

function exitOf({ last_exit: exit }: ReplicaSnapshot): string | null {
  if (exit === null) return null
  if (exit.signal !== null) return `killed by ${exit.signal}`
  return exit.code === null ? 'could not be started' : `exit code ${exit.code}`
}
