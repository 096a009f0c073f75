import { type Logger, messageOf } from '../kernel/index.ts'
import { loadScript, type RedisClient } from '../platform/redis/index.ts'
import { lossesKey, streamKey } from './keys.ts'
import type { BusMetrics } from './metrics.ts'

const trimScript = loadScript(import.meta.url, 'trim', 2)

export interface Retention {
  /** Entries kept of each type, about. */
  maxLength: number
  /** Milliseconds for which entries are kept; undefined for ever. */
  maxAge: number | undefined
  /** Entries above which even those are trimmed that a group still needs. */
  hardCap: number
}

export interface Trimmed {
  trimmed: number
  /** How many of them a group had still to handle, summed over the groups. */
  lost: number
}

export interface Trimmer {
  /** Told what was published; trims from time to time. */
  count(type: string, events: number): void
  trim(type: string): Promise<Trimmed>
}

export interface TrimmerOptions {
  redis: RedisClient
  retention: Retention
  metrics: BusMetrics
  log: Logger
}

/** Entries one call looks at. */
const PAGE = 500
/** Share of the length that may be exceeded before a publisher trims. */
const SLACK = 0.1

/** Keeps streams short without taking away what a group has yet to read or acknowledge. */
export function createTrimmer({ redis, retention, metrics, log }: TrimmerOptions): Trimmer {
  const { maxLength, maxAge, hardCap } = retention
  const every = Math.max(100, Math.floor(maxLength * SLACK))
  const published = new Map<string, number>()
  const trimming = new Map<string, Promise<Trimmed>>()

  async function trimNow(type: string): Promise<Trimmed> {
    const stream = streamKey(type)
    const total = { trimmed: 0, lost: 0 }
    for (let more = 1; more === 1; ) {
      const oldest = maxAge === undefined ? '' : `${Math.max(0, Date.now() - maxAge)}-0`
      const reply = (await trimScript(
        redis,
        [stream, lossesKey(stream)],
        [maxLength, oldest, hardCap, PAGE],
      )) as [number, (string | number)[], number]
      total.trimmed += reply[0]
      for (let at = 0; at + 1 < reply[1].length; at += 2) {
        const [group, lost] = [String(reply[1][at]), Number(reply[1][at + 1])]
        metrics.lost(type, group, lost)
        total.lost += lost
      }
      more = reply[2]
    }
    if (total.trimmed > 0) metrics.trimmed(type, total.trimmed)
    if (total.lost > 0)
      log.error(
        { type, ...total, hard_cap: hardCap },
        'the hard cap has trimmed entries that were still to be handled',
      )
    return total
  }

  return {
    count(type, events) {
      const sum = (published.get(type) ?? 0) + events
      published.set(type, sum < every ? sum : 0)
      if (sum >= every)
        this.trim(type).catch((error) => log.debug({ type, reason: messageOf(error) }, 'trimming failed'))
    },
    trim(type) {
      const running = trimming.get(type) ?? trimNow(type).finally(() => trimming.delete(type))
      trimming.set(type, running)
      return running
    },
  }
}
