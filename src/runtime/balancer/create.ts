import { randomBytes } from 'node:crypto'
import { setTimeout as pause } from 'node:timers/promises'
import { formatDuration, type Logger, messageOf } from '../kernel/index.ts'
import { asUnreachable, type RedisClient } from '../platform/redis/index.ts'
import type { AcquireOptions, Balancer, Lease, PolicyName } from './balancer.ts'
import type { Breaker } from './breaker.ts'
import { balancerError } from './errors.ts'
import { createLearnedPolicy } from './learned.ts'
import { createLeases, settledWithin } from './leases.ts'
import { ewma, leastConnections } from './policies.ts'
import type { Policy } from './policy.ts'
import { type Choice, createPool, LEASE_TTL } from './pool.ts'
import { REPLICA_TTL } from './registration.ts'
import { createSharedModel, type SharedModel } from './shared-model.ts'
import { createSilence } from './silence.ts'
import { replicaUrl } from './url.ts'

export interface BalancerOptions {
  redis: RedisClient
  /** Name of the pool, such as `llm`. */
  pool: string
  policy?: PolicyName
  /** The only replicas to use, given by hand: they need not register themselves. */
  urls?: readonly string[]
  log: Logger
  random?: () => number
  /** Monotonic, in milliseconds. */
  now?: () => number
  /** Milliseconds after which the slots of a client that has died are free again. */
  leaseTtl?: number
  breaker?: Partial<Breaker>
}

const SWEEP = 1_000
/** Sweeps between two exchanges of what was learned. */
const SYNC_EVERY = 5
/** When replicas that were there just now are all gone, Redis has lost them: they come back with their next heartbeat. */
const JUST_NOW = 5_000
const PATIENCE = 4_000
const LOOK_AGAIN = 100
/** Milliseconds until asking again makes sense when there is no replica at all. */
const NOBODY = 1_000

/**
 * Chooses replicas for the requests of this process, in step with every other balancer of the pool.
 * @throws AgentctlError BALANCER_URL_INVALID
 */
export function createBalancer(options: BalancerOptions): Balancer {
  const { redis, pool: name, log, random = Math.random, now = () => performance.now() } = options
  const { leaseTtl = LEASE_TTL, breaker } = options
  const among = [...new Set(options.urls?.map(replicaUrl) ?? [])]
  const pool = createPool({ redis, name, leaseTtl, breaker })
  const { policy, model } = openPolicy(options)
  const leases = createLeases({ pool, ttl: leaseTtl, now, log })
  const silence = createSilence()
  const client = randomBytes(6).toString('base64url')
  let count = 0
  let lastSeen = Number.NEGATIVE_INFINITY
  /** When the connection was made anew: whoever is registered makes theirs anew at the same time. */
  let reconnected = Number.NEGATIVE_INFINITY
  const onReady = () => {
    reconnected = now()
  }
  redis.on('ready', onReady)
  let sweeps = 0
  let sweeping: Promise<void> | undefined

  async function sweep(): Promise<void> {
    try {
      for (const url of among) await pool.register(url, REPLICA_TTL, false)
      for (const url of silence.hear(await pool.sweep())) leases.abandon(url)
      if (sweeps++ % SYNC_EVERY === 0) await model?.sync()
    } catch (error) {
      log.debug({ pool: name, reason: messageOf(error) }, 'sweeping failed, trying again')
    }
  }

  function tick(): void {
    sweeping ??= sweep().finally(() => {
      sweeping = undefined
    })
  }

  const timer = setInterval(tick, SWEEP)
  tick()

  async function choose(avoid: readonly string[]): Promise<{ id: string; choice: Choice }> {
    const id = `${client}:${count++}`
    const explore = policy.explore > 0 && random() < policy.explore
    const weights = policy.weights()
    try {
      return { id, choice: await pool.choose({ id, weights, explore, avoid, among, random: random() }) }
    } catch (error) {
      throw asUnreachable(error as Error) ?? error
    }
  }

  async function chooseSoon(avoid: readonly string[], signal?: AbortSignal) {
    const until = Math.max(lastSeen, reconnected) > now() - JUST_NOW ? now() + PATIENCE : 0
    for (;;) {
      const chosen = await choose(avoid)
      if (chosen.choice.kind !== 'none' || now() >= until) return chosen
      await pause(LOOK_AGAIN)
      signal?.throwIfAborted()
    }
  }

  return {
    async acquire({ avoid = [], signal }: AcquireOptions = {}): Promise<Lease> {
      signal?.throwIfAborted()
      const { id, choice } = await chooseSoon(avoid, signal)
      if (choice.kind !== 'ok') throw noReplica(name, choice)
      lastSeen = now()
      const { url, probe, sight } = choice
      const lease = leases.open({ id, url, probe }, (outcome, took) => {
        if (outcome !== 'cancelled') policy.learn?.(sight, felt(outcome, took))
      })
      if (signal?.aborted) {
        void lease.release({ kind: 'cancelled' })
        throw signal.reason
      }
      return lease
    },
    replicas: () => pool.replicas(among),
    async close() {
      clearInterval(timer)
      redis.off('ready', onReady)
      await leases.close()
      await settledWithin([sweeping ?? model?.sync().catch(() => {})], 1_000)
    },
  }
}

function openPolicy({ policy = 'least-connections', redis, pool }: BalancerOptions): {
  policy: Policy
  model?: SharedModel
} {
  if (policy === 'ewma') return { policy: ewma }
  if (policy === 'least-connections') return { policy: leastConnections }
  const learned = createLearnedPolicy()
  return { policy: learned, model: createSharedModel(redis, pool, learned) }
}

/** What a request is taken to have cost that did not get an answer, in milliseconds. */
function felt(outcome: 'ok' | 'failed' | 'busy', took: number): number {
  if (outcome === 'ok') return took
  return Math.max(took, outcome === 'failed' ? 2_000 : 1_000)
}

function noReplica(pool: string, choice: Exclude<Choice, { kind: 'ok' }>) {
  if (choice.kind === 'none') {
    return balancerError('BALANCER_NO_REPLICA', `no replica of the pool "${pool}" is registered`, {
      retryAfter: NOBODY,
      fix: 'Start one: `agentctl ps` shows what runs, `agentctl scale ROLE=NUMBER` changes it.',
    })
  }
  const wait = `the next is tried in ${formatDuration(Math.ceil(choice.retryAfter / 1_000) * 1_000)}`
  const detail = `every replica of the pool "${pool}" has failed too often and is left alone; ${wait}`
  return balancerError('BALANCER_NO_REPLICA', detail, { retryAfter: choice.retryAfter })
}
