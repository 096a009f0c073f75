import type { RedisClient } from '../../platform/redis/index.ts'
import type { RedisSample } from '../sampling/index.ts'
import type { Trouble } from '../snapshot.ts'
import { type EyeOptions, openEye } from './eye.ts'

/** Looks at Redis, wherever it is, and remembers what it saw last. */
export interface Watch {
  /** Resolves with the milliseconds a sample took; 0 where Redis is away. Never rejects. */
  look(): Promise<number>
  /** The newest one; undefined before the first. */
  sample(): RedisSample | undefined
  /** Since when there was none, and why; null while all is well. */
  trouble(): Trouble | null
  redis(): RedisClient
  url(): string
  /** Ends what is under way. */
  cut(): void
  close(): Promise<void>
}

export interface WatchOptions extends EyeOptions {
  redisUrl: string
  /** Asked while Redis is away: it may be elsewhere by now. */
  findRedis?: (() => string) | undefined
  /** Told when a sample takes so long that people should know. */
  onSilence(): void
}

/** Milliseconds after which a Redis that does not answer is worth a word. */
const SILENCE = 2_000

export function openWatch({ redisUrl, findRedis, onSilence, ...look }: WatchOptions): Watch {
  let eye = openEye(redisUrl, look)
  let sample: RedisSample | undefined
  let trouble: Trouble | null = null

  function worry(what: string): void {
    trouble = { since: trouble?.since ?? new Date(look.now()).toISOString(), what }
  }

  /** Goes where Redis is now, and forgets what was seen elsewhere. */
  async function follow(): Promise<void> {
    const url = findRedis?.() ?? eye.url
    if (url === eye.url) return
    const left = eye
    eye = openEye(url, look)
    sample = undefined
    await left.close()
  }

  return {
    async look() {
      // Settings that cannot be read just now say nothing about where Redis is.
      if (trouble !== null) await follow().catch(() => {})
      const silence = setTimeout(() => {
        worry(`Redis has not answered for ${SILENCE / 1_000} s`)
        onSilence()
      }, SILENCE)
      try {
        sample = await eye.sampler.sample()
        trouble = null
        return sample.took_ms
      } catch (error) {
        worry(eye.explain(error))
        return 0
      } finally {
        clearTimeout(silence)
      }
    },
    sample: () => sample,
    trouble: () => trouble,
    redis: () => eye.redis,
    url: () => eye.url,
    cut: () => eye.redis.disconnect(),
    close: () => eye.close(),
  }
}
