import { randomUUID } from 'node:crypto'
import { setTimeout as pause } from 'node:timers/promises'
import { isAway, loadScript, type RedisClient, scanKeys } from '../../platform/redis/index.ts'
import { CACHE_PREFIX, cacheKey, lockKey } from '../keys.ts'
import type { GenerateAnswer } from '../messages.ts'
import { listenToClearings } from './clearings.ts'
import { decodeEntry, encodeEntry, type Hit } from './entry.ts'
import type { CacheGuard } from './guard.ts'
import { createHotEntries } from './hot-entries.ts'
import { createLateWrites } from './late-writes.ts'

/** The right to make an answer, shared with no other process while it is held. */
export interface Claim {
  /** Keeps the answer and gives the right back. Never waits, never fails. */
  store(answer: GenerateAnswer): void
  /** Gives the right back without an answer: the next in line asks the provider. */
  release(): void
}

export interface CacheHealth {
  status: 'ok' | 'degraded'
  /** Milliseconds of a PING. */
  latency_ms: number | null
  ttl_s: number
  error?: string
}

/** Whole answers in Redis. With Redis away nothing is found and nothing kept; nobody waits and nothing fails. */
export interface ResponseCache {
  /** What this process has found in it just now. */
  peek(digest: string): Hit | undefined
  /**
   * Looks the answer up. Waits while another process makes the answer; ends with the answer, or with the right to make it.
   * @throws the reason of `signal`
   */
  claim(digest: string, signal: AbortSignal): Promise<Hit | Claim>
  /**
   * Removes every answer; how many there were.
   * @throws what the driver throws when Redis is away
   */
  clear(): Promise<number>
  health(): Promise<CacheHealth>
  /** Waits for what is being kept. */
  close(): Promise<void>
}

export interface ResponseCacheOptions {
  /** Made for the purpose `cache`. */
  redis: RedisClient
  /** For clearing, which may take longer than a look-up may. */
  admin: RedisClient
  /** For SUBSCRIBE; without it every look-up goes to Redis. */
  subscriber?: RedisClient
  guard: CacheGuard
  /** Milliseconds an answer is kept, give or take a tenth. */
  ttl: number
  /** Between 0 and 1. */
  random?: () => number
  /** Milliseconds after which the lock of a dead owner is free. */
  lease?: number
  /** Milliseconds to wait for another process before asking the provider all the same. */
  patience?: number
}

const LEASE = 3_000
const PATIENCE = 20_000
const FIRST_POLL = 10
const LONGEST_POLL = 100
/** Milliseconds an answer is kept that another provider gave than the one that was asked. */
const FALLBACK_TTL = 30_000
/** Characters of the largest answer that is kept. */
const LARGEST = 1_000_000
/** Keys removed at once. */
const BATCH = 500

const take = loadScript(import.meta.url, 'take', 2)
const extend = loadScript(import.meta.url, 'extend', 1)
const settle = loadScript(import.meta.url, 'settle', 2)

export function createResponseCache(options: ResponseCacheOptions): ResponseCache {
  const { redis, admin, guard, ttl, random = Math.random, lease = LEASE, patience = PATIENCE } = options
  const writes = createLateWrites(redis, guard)
  const hot = createHotEntries()
  /** How often the cache was cleared, as far as is known. */
  let clearedTimes = 0
  const clearings =
    options.subscriber &&
    listenToClearings(admin, options.subscriber, { onCleared: forget, onUnsure: hot.clear })

  function forget(): void {
    clearedTimes += 1
    hot.clear()
  }

  /** So that answers that were made together do not all expire together. */
  function lifeOf({ fell_back_from: from }: GenerateAnswer): number {
    const whole = from === undefined ? ttl : Math.min(ttl, FALLBACK_TTL)
    return Math.max(1, Math.round(whole * (0.9 + 0.2 * random())))
  }

  function hold(digest: string, hit: Hit, epoch: number): Hit {
    if (clearings?.heard) hot.put(digest, hit, epoch)
    return hit
  }

  /** @param token of the lock; undefined where it could not be had */
  function claimOf(digest: string, token: string | undefined, epoch: number): Claim {
    const keep = () => void guard.run(() => extend(redis, [lockKey(digest)], [token ?? '', lease]))
    const beat = token === undefined ? undefined : setInterval(keep, lease / 3)
    const before = clearedTimes
    const end = (json: string, life: number) => {
      clearInterval(beat)
      if (json === '' && token === undefined) return
      writes.add((to) => {
        // What was made before the cache was cleared is not kept after it.
        const kept = clearedTimes === before ? json : ''
        return settle(to, [cacheKey(digest), lockKey(digest)], [token ?? '', kept, life])
      })
    }
    return {
      store(answer) {
        const json = encodeEntry(answer)
        if (json.length > LARGEST) return end('', 0)
        end(json, lifeOf(answer))
        hold(digest, { answer: { ...answer, cached: true }, json }, epoch)
      },
      release: () => end('', 0),
    }
  }

  async function claim(digest: string, signal: AbortSignal): Promise<Hit | Claim> {
    const token = randomUUID()
    const keys = [cacheKey(digest), lockKey(digest)]
    const until = performance.now() + patience
    const { epoch } = hot
    for (let wait = FIRST_POLL; ; wait = Math.min(LONGEST_POLL, wait * 1.5)) {
      const found = (await guard.run(() => take(redis, keys, [token, lease]))) as string[] | undefined
      if (found?.[0] === 'won') return claimOf(digest, token, epoch)
      const hit = found?.[0] === 'hit' ? decodeEntry(found[1] as string) : undefined
      if (hit) return hold(digest, hit, epoch)
      const held = found?.[0] === 'held' && performance.now() < until
      if (!held) return claimOf(digest, undefined, epoch)
      await pause(wait, undefined, { signal }).catch((error) => {
        throw signal.aborted ? signal.reason : error
      })
    }
  }

  return {
    peek: hot.get,
    claim,
    async clear() {
      await writes.flush() // it was made before: it is counted
      // Before the removal, so that nobody adds what they are just making; and after it, for what was read meanwhile.
      await clearings?.announce()
      forget()
      await writes.flush()
      const keys = await scanKeys(admin, `${CACHE_PREFIX}*`, 'string')
      let removed = 0
      for (let at = 0; at < keys.length; at += BATCH) {
        // One command a key: in a cluster they are in different places.
        const counts = await Promise.all(keys.slice(at, at + BATCH).map((key) => admin.unlink(key)))
        removed += counts.reduce((sum, one) => sum + one, 0)
      }
      await clearings?.announce()
      hot.clear()
      return removed
    },
    async health() {
      const started = performance.now()
      const common = { ttl_s: Math.round(ttl / 1_000) }
      try {
        await redis.ping()
        return { status: 'ok', latency_ms: Math.round((performance.now() - started) * 100) / 100, ...common }
      } catch (error) {
        return { status: 'degraded', latency_ms: null, ...common, error: reasonOf(error as Error) }
      }
    },
    async close() {
      await clearings?.close()
      await writes.flush()
    },
  }
}

/** That Redis is away in our words, not in the driver's. */
function reasonOf(error: Error): string {
  return isAway(error) ? 'Redis is away' : error.message
}
