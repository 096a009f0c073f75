import { setTimeout as sleep } from 'node:timers/promises'
import { AgentctlError, type Logger, messageOf } from '../kernel/index.ts'
import type { Balancer, Lease, Outcome } from './balancer.ts'

/** What a failed request says about the replica, and what to do next. */
export interface Verdict {
  outcome: Outcome
  /** `elsewhere`: counts as an attempt. `later`: nobody has worked on it yet. `never`: no replica would answer it. */
  again: 'elsewhere' | 'later' | 'never'
}

/** One replica that is asked. */
export interface Attempt {
  readonly url: string
  /** Milliseconds it may take until there is an answer, or the beginning of one. */
  readonly limit: number
  /** Milliseconds until the deadline. */
  readonly left: number
  readonly gone: AbortSignal | undefined
  succeeded(): void
  /**
   * Tells the replica's state how it failed.
   * @param begun whether the caller has seen a part of the answer already
   * @throws what the caller is to be told, when no other replica should be asked
   */
  failed(error: unknown, begun?: boolean): void
  /** Gives the slot back if neither of the two was called. */
  end(): void
}

export interface AttemptsOptions {
  balancer: Pick<Balancer, 'acquire'>
  /** How many may fail. */
  most: number
  /** Milliseconds since 1970. */
  deadline: number
  /** Waits until the deadline for replicas that are away or out. What one has answered counts as a failure all the same. */
  patient?: boolean | undefined
  signal: AbortSignal | undefined
  random: () => number
  /** @param took milliseconds */
  judge(error: unknown, took: number): Verdict
  /** What the caller is told of a failure when there is no other attempt. */
  explain(error: unknown, url: string): unknown
  /** What the caller is told when there was not even time for one. */
  late(): Error
  /** Told of each failure after which another attempt is made. */
  onRetry?: ((error: unknown) => void) | undefined
  log: Logger
}

/** Share of the remaining time that an attempt may take while another may follow, so that what hangs leaves time for it. */
const SHARE = 0.6
/** Milliseconds to wait when every replica was asked: at most, and twice as much each time. */
const PAUSE = 100
const LONGEST_PAUSE = 2_000

/** The attempts to get one answer: each at another replica, and when all were asked, after a pause again. */
export function createAttempts(options: AttemptsOptions) {
  const { balancer, most, deadline, patient = false, signal, random, judge, explain, onRetry, log } = options
  let tried: string[] = []
  let failures = 0
  let rounds = 0
  /** What the replicas of this round have asked for; milliseconds. */
  let retryAfter: number | undefined
  let last: unknown

  async function acquire(): Promise<Lease> {
    for (;;) {
      try {
        return await balancer.acquire({ avoid: tried, ...(signal === undefined ? {} : { signal }) })
      } catch (error) {
        if (signal?.aborted) throw error
        // That all are out now says less than why the last one has failed.
        last ??= error
        if (!patient || !(error instanceof AgentctlError) || !error.retryable) throw last
        // One that is tried by others at the moment may be back any time.
        retryAfter = Math.min(error.retryAfter ?? 0, LONGEST_PAUSE)
        await waitForNextRound()
      }
    }
  }

  async function waitForNextRound(): Promise<void> {
    // Full jitter, after M. Brooker, "Exponential Backoff and Jitter" (AWS Architecture Blog, 2015).
    const ms = (retryAfter ?? 0) + random() * Math.min(LONGEST_PAUSE, PAUSE * 2 ** rounds)
    rounds += 1
    tried = []
    retryAfter = undefined
    if (Date.now() + ms >= deadline) throw last
    await sleep(ms, undefined, signal === undefined ? {} : { signal }).catch(() => signal?.throwIfAborted())
  }

  async function acquireUntried(): Promise<Lease> {
    const lease = await acquire()
    if (!tried.includes(lease.url)) return lease
    void lease.release({ kind: 'cancelled' })
    await waitForNextRound()
    return acquire()
  }

  function open(lease: Lease, left: number): Attempt {
    const from = performance.now()
    return {
      url: lease.url,
      limit: Math.ceil(failures >= most - 1 && !patient ? left : left * SHARE),
      left: Math.ceil(left),
      gone: lease.gone,
      succeeded: () => void lease.release({ kind: 'ok' }),
      failed(error, begun = false) {
        if (signal?.aborted) throw signal.reason
        const { outcome, again } = judge(error, performance.now() - from)
        void lease.release(outcome)
        last = explain(error, lease.url)
        tried.push(lease.url)
        if (again === 'elsewhere' && !(patient && isAway(error))) failures += 1
        if (again === 'later' && error instanceof AgentctlError) {
          retryAfter = Math.min(retryAfter ?? Number.POSITIVE_INFINITY, error.retryAfter ?? 0)
        }
        if (begun || again === 'never' || failures >= most || Date.now() >= deadline) throw last
        onRetry?.(last)
        log.debug({ replica: lease.url, reason: messageOf(error) }, 'asking another replica')
      },
      end: () => void lease.release({ kind: 'cancelled' }),
    }
  }

  return {
    /** @throws AgentctlError BALANCER_NO_REPLICA, REDIS_UNREACHABLE, `late`; the last failure when there was one */
    async next(): Promise<Attempt> {
      const lease = await acquireUntried()
      const left = deadline - Date.now()
      if (left > 0) return open(lease, left)
      void lease.release({ kind: 'cancelled' })
      throw last ?? options.late()
    },
  }
}

/** Nobody has answered. */
function isAway(error: unknown): boolean {
  return !(error instanceof AgentctlError)
}
