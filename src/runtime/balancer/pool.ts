import { isCluster, loadScript, type RedisClient } from '../platform/redis/index.ts'
import type { Outcome, ReplicaHealth, ReplicaState } from './balancer.ts'
import { BREAKER, type Breaker } from './breaker.ts'
import { leasesKey, leasesPrefix, loadKey, loadPrefix, replicasKey, stateKey, statePrefix } from './keys.ts'
import type { Sight, Weights } from './policy.ts'

export interface Wanted {
  id: string
  weights: Weights
  /** Any replica that is fit, instead of the cheapest. */
  explore: boolean
  avoid: readonly string[]
  /** The only ones to choose from; none = all that are registered. */
  among: readonly string[]
  /** From 0 to below 1: decides between equals. */
  random: number
}

export type Choice =
  | { kind: 'ok'; url: string; probe: boolean; sight: Sight }
  /** All are out; the next one may be tried after so many milliseconds. */
  | { kind: 'out'; retryAfter: number }
  | { kind: 'none' }

export interface Held {
  id: string
  url: string
  probe: boolean
}

/** Where a replica is: `silent` when its heartbeat has stopped although it has not left, and `gone` once it is idle then. */
export interface Seen {
  url: string
  place: 'here' | 'silent' | 'left' | 'gone'
}

/** One pool of replicas in Redis. Each call is one step, by the clock of Redis. */
export interface Pool {
  choose(wanted: Wanted): Promise<Choice>
  /** @returns false when the lease had been lost */
  release(held: Held, outcome: Outcome['kind'], took: number): Promise<boolean>
  /** @returns for each whether it had been lost */
  renew(held: readonly Held[]): Promise<boolean[]>
  register(url: string, life: number, fresh: boolean): Promise<void>
  sweep(): Promise<Seen[]>
  replicas(among: readonly string[]): Promise<ReplicaState[]>
}

const acquire = loadScript(import.meta.url, 'acquire', 1)
const release = loadScript(import.meta.url, 'release', 2)
const renew = loadScript(import.meta.url, 'renew', 1)
const register = loadScript(import.meta.url, 'register', 2)
const sweep = loadScript(import.meta.url, 'sweep', 1)
const replicas = loadScript(import.meta.url, 'replicas', 1)

/** Milliseconds that a load outlives the last process that looked after it, and the replica it is about. */
const LOAD_LIFE = 15_000
const GONE_LIFE = 60_000
/** The same for everything else. */
const POOL_LIFE = 3_600_000

export interface PoolOptions {
  redis: RedisClient
  name: string
  /** Milliseconds. */
  leaseTtl?: number
  breaker?: Partial<Breaker> | undefined
}

export const LEASE_TTL = 10_000

export function createPool({ redis, name, leaseTtl = LEASE_TTL, breaker }: PoolOptions): Pool {
  const { failures, share, requests, pause, longest, probes, permit } = { ...BREAKER, ...breaker }

  const limits = [failures, share, requests, pause, longest, probes]
  const key = replicasKey(name)
  const [leases, states] = [leasesPrefix(name), statePrefix(name)]
  // In a cluster the loads are in slots of their own: they follow in steps of their own, and sweeps put them right.
  const apart = isCluster(redis)
  const loads = apart ? '' : loadPrefix(name)

  /** Never waited for. */
  function show(url: string, load: number, life = LOAD_LIFE): void {
    if (apart) redis.set(loadKey(name, url), load, 'PX', life).catch(() => {})
  }

  return {
    async choose({ id, weights, explore, avoid, among, random }) {
      const args = [
        ...[leases, states, loads, id, leaseTtl, LOAD_LIFE, random, explore ? '1' : '0', permit],
        ...[...weights, avoid.length, ...avoid, ...among],
      ]
      const reply = (await acquire(redis, [key], args)) as [string, ...string[]]
      if (reply[0] === 'none') return { kind: 'none' }
      if (reply[0] === 'out') return { kind: 'out', retryAfter: Math.max(1, Number(reply[1])) }
      const [, url = '', probe, load, latency, errors] = reply
      const sight = { load: Number(load), latency: Number(latency), errors: Number(errors) }
      show(url, sight.load + 1)
      return { kind: 'ok', url, probe: probe === '1', sight }
    },
    async release({ id, url, probe }, outcome, took) {
      const load = apart ? '' : loadKey(name, url)
      const args = [id, outcome, took.toFixed(3), probe ? '1' : '0', load, LOAD_LIFE, ...limits]
      const left = Number(await release(redis, [leasesKey(name, url), stateKey(name, url)], args))
      if (left >= 0) show(url, left)
      return left >= 0
    },
    async renew(held) {
      const each = held.flatMap(({ url, id }) => [url, id])
      return ((await renew(redis, [key], [leases, leaseTtl, ...each])) as number[]).map(Boolean)
    },
    async register(url, life, fresh) {
      await register(redis, [key, stateKey(name, url)], [url, life, fresh ? '1' : '0'])
    },
    async sweep() {
      const args = [leases, states, loads, LOAD_LIFE, GONE_LIFE, POOL_LIFE]
      const report = (await sweep(redis, [key], args)) as (string | number)[]
      const seen: Seen[] = []
      for (let i = 0; i + 2 < report.length; i += 3) {
        const [url, load, place] = report.slice(i, i + 3) as [string, number, Seen['place']]
        show(url, load, place === 'gone' ? GONE_LIFE : LOAD_LIFE)
        seen.push({ url, place })
      }
      return seen
    },
    async replicas(among) {
      const rows = (await replicas(redis, [key], [leases, states, ...among])) as Row[]
      return rows.map(([url, load, health, latency, errors]) => {
        return { url, load, health, latency: Number(latency), errors: Number(errors) }
      })
    },
  }
}

type Row = [url: string, load: number, health: ReplicaHealth, latency: string, errors: string]

/**
 * How the replicas registered in a pool are, without becoming one of its clients. Changes nothing.
 * @throws Error of the driver; EVALSHA may be refused
 */
export function readReplicas(redis: RedisClient, pool: string): Promise<ReplicaState[]> {
  return createPool({ redis, name: pool }).replicas([])
}
