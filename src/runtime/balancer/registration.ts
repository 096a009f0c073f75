import { type Logger, messageOf } from '../kernel/index.ts'
import type { RedisClient } from '../platform/redis/index.ts'
import { settledWithin } from './leases.ts'
import { createPool, type Pool } from './pool.ts'
import { replicaUrl } from './url.ts'

/** Milliseconds after its last heartbeat at which a replica is no longer chosen. */
export const REPLICA_TTL = 3_000

export interface RegistrationOptions {
  redis: RedisClient
  pool: string
  /** Where this replica can be reached by the clients. */
  url: string
  log: Logger
  /** Milliseconds. */
  ttl?: number
}

export interface Registration {
  /** Resolves once clients can find the replica. */
  readonly registered: Promise<void>
  /**
   * Takes it out of the pool at once; what is under way there goes on.
   * @param succeeded another process is registered under the same address: it stays in the pool
   */
  close(succeeded?: boolean): Promise<void>
}

/** Milliseconds for Redis to hear of a replica that leaves. */
const LEAVING = 1_000

/**
 * Keeps a replica in its pool while this process lives, through outages and flushes of Redis.
 * @throws AgentctlError BALANCER_URL_INVALID
 */
export function createRegistration({
  redis,
  pool: name,
  url: given,
  log,
  ttl = REPLICA_TTL,
}: RegistrationOptions): Registration {
  const url = replicaUrl(given)
  const pool: Pool = createPool({ redis, name })
  let fresh = true
  let closed = false
  let beating: Promise<void> | undefined
  let found = () => {}
  const registered = new Promise<void>((resolve) => {
    found = resolve
  })

  async function beat(): Promise<void> {
    try {
      await pool.register(url, ttl, fresh)
      fresh = false
      found()
      await pool.sweep()
    } catch (error) {
      log.debug({ pool: name, url, reason: messageOf(error) }, 'registering failed, trying again')
    }
  }

  function tick(): void {
    beating ??= beat().finally(() => {
      beating = undefined
    })
  }

  async function leave(): Promise<void> {
    await beating
    await pool.register(url, 0, false)
    await pool.sweep()
  }

  const timer = setInterval(tick, ttl / 3)
  tick()

  return {
    registered,
    async close(succeeded = false) {
      if (closed) return
      closed = true
      clearInterval(timer)
      if (succeeded) return
      const left = leave().catch((error) => {
        log.debug({ pool: name, url, reason: messageOf(error) }, 'leaving failed: it runs out by itself')
      })
      await settledWithin([left], LEAVING)
    },
  }
}
