import type { GroupRow, QueueRow, RedisFacts, ReplicaRow } from '../../../runtime/dashboard/index.ts'
import type { Tone } from '../pane.ts'

/** From where on something needs a look (warn), and from where on somebody is harmed (bad). All limits of the dashboard are here. */
export const LIMITS = {
  /** Entries not yet delivered. */
  lag: { warn: 1_000, bad: 100_000 },
  /** Milliseconds a pending entry has not been touched: consumers ask for it again after a minute. */
  idle: { warn: 60_000, bad: 600_000 },
  /** Of what Redis may use. */
  memory: { warn: 0.75, bad: 0.9 },
  /** Of one core, as Redis runs commands on one. */
  cpu: { warn: 0.7, bad: 0.95 },
  /** Round trip in milliseconds. */
  ping: { warn: 20, bad: 200 },
  /** p99 in milliseconds. */
  latency: { warn: 1_000, bad: 10_000 },
} as const

type Limit = { readonly warn: number; readonly bad: number }

/** Nothing while all is well, or not known. */
export function toneOf(value: number | null, limit: Limit): 'warn' | 'bad' | undefined {
  if (value === null || value < limit.warn) return undefined
  return value < limit.bad ? 'warn' : 'bad'
}

/** The share of its memory that Redis uses; null where it has no limit. */
export function memoryShare({ memory, memory_limit: limit }: RedisFacts): number | null {
  return limit === null || limit <= 0 ? null : memory / limit
}

export function groupTone(row: GroupRow): 'warn' | 'bad' | undefined {
  if (row.no_consumers) return 'bad'
  const tones = [toneOf(row.lag, LIMITS.lag), toneOf(row.oldest_idle_ms, LIMITS.idle)]
  return tones.includes('bad') ? 'bad' : tones.find((tone) => tone !== undefined)
}

export function queueTone(row: QueueRow): 'warn' | undefined {
  return row.failed > 0 || isGrowing(row.history) ? 'warn' : undefined
}

const STATE_TONES: Readonly<Record<NonNullable<ReplicaRow['state']>, Tone>> = {
  ready: 'good',
  starting: 'warn',
  backoff: 'warn',
  stopping: 'warn',
  stopped: 'dim',
  unhealthy: 'bad',
  crashloop: 'bad',
  failed: 'bad',
}

export function stateTone(state: ReplicaRow['state']): Tone {
  return state === null ? 'dim' : STATE_TONES[state]
}

export function breakerTone(
  breaker: NonNullable<ReplicaRow['pool']>['breaker'] | undefined,
): Tone | undefined {
  if (breaker === 'open') return 'bad'
  return breaker === 'half-open' ? 'warn' : undefined
}

/** Samples that a trend needs. */
const TREND = 12

/**
 * Whether a backlog has been growing over the samples that are kept: its latest third is half as high again as its first one, by
 * 20 at least, and it has not begun to fall.
 */
export function isGrowing(history: readonly number[]): boolean {
  if (history.length < TREND) return false
  const third = Math.floor(history.length / 3)
  const first = mean(history.slice(0, third))
  const middle = mean(history.slice(third, -third))
  const last = mean(history.slice(-third))
  return last > first * 1.5 + 20 && last > middle && (history.at(-1) ?? 0) >= middle
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / Math.max(1, values.length)
}
