import { type Logger, messageOf } from '../kernel/index.ts'
import type { Lease, Outcome } from './balancer.ts'
import type { Held, Pool } from './pool.ts'

/** All leases of this process: one timer keeps them alive. */
export interface Leases {
  open(held: Held, onEnd: (outcome: Outcome['kind'], took: number) => void): Lease
  /** Tells the holders of a replica's leases that it is gone. */
  abandon(url: string): void
  /** Waits a moment for what is being given back. What is still held runs out by itself. */
  close(): Promise<void>
}

export interface LeasesOptions {
  pool: Pool
  /** Milliseconds. */
  ttl: number
  /** Monotonic, in milliseconds. */
  now: () => number
  log: Logger
}

interface Entry extends Held {
  takenAt: number
  /** When Redis was last asked to keep it, and did. */
  keptAt: number
  /** It had run out, so that how long it took says nothing about the replica. */
  lost: boolean
  abandoned: boolean
  /** Made when somebody asks. */
  gone?: AbortController
}

const BATCH = 500
const RETRY = 200
const CLOSING = 1_000

export function createLeases({ pool, ttl, now, log }: LeasesOptions): Leases {
  const held = new Set<Entry>()
  const leaving = new Set<Promise<void>>()
  let closed = false
  let renewing = false
  const timer = setInterval(() => void renewAll(), ttl / 3)

  async function renewAll(): Promise<void> {
    if (renewing) return
    renewing = true
    try {
      const due = [...held].filter(({ keptAt }) => now() - keptAt >= ttl / 4)
      for (let i = 0; i < due.length; i += BATCH) {
        // What was given back while another batch was on its way must not be taken again.
        await renew(due.slice(i, i + BATCH).filter((entry) => held.has(entry)))
      }
    } catch (error) {
      log.debug({ reason: messageOf(error) }, 'keeping leases failed, trying again')
    }
    renewing = false
  }

  async function renew(due: readonly Entry[]): Promise<void> {
    if (due.length === 0) return
    const at = now()
    const lost = await pool.renew(due)
    due.forEach((entry, i) => {
      entry.keptAt = at
      if (lost[i]) entry.lost = true
    })
  }

  /** Tries until Redis has heard of it, or has forgotten the lease by itself. */
  async function giveBack(entry: Entry, outcome: Outcome['kind'], took: number): Promise<void> {
    const until = entry.keptAt + ttl
    for (;;) {
      try {
        await pool.release(entry, outcome, took)
        return
      } catch (error) {
        log.debug(
          { replica: entry.url, reason: messageOf(error) },
          'giving a lease back failed, trying again',
        )
      }
      if (closed || now() >= until) return
      await new Promise((again) => setTimeout(again, RETRY))
    }
  }

  function end(
    entry: Entry,
    { kind }: Outcome,
    onEnd: (kind: Outcome['kind'], took: number) => void,
  ): Promise<void> {
    held.delete(entry)
    const took = now() - entry.takenAt
    const outcome = entry.lost || now() - entry.keptAt > ttl ? 'cancelled' : kind
    onEnd(outcome, took)
    const done = giveBack(entry, outcome, took).finally(() => leaving.delete(done))
    leaving.add(done)
    return done
  }

  return {
    open(given, onEnd) {
      const at = now()
      const entry: Entry = { ...given, takenAt: at, keptAt: at, lost: false, abandoned: false }
      let done: Promise<void> | undefined
      held.add(entry)
      return {
        url: entry.url,
        get gone() {
          entry.gone ??= new AbortController()
          if (entry.abandoned) entry.gone.abort()
          return entry.gone.signal
        },
        release(outcome) {
          done ??= end(entry, outcome, onEnd)
          return done
        },
      }
    },
    abandon(url) {
      for (const entry of held) {
        if (entry.url !== url || entry.abandoned) continue
        entry.abandoned = true
        entry.gone?.abort()
      }
    },
    async close() {
      clearInterval(timer)
      closed = true
      await settledWithin([...leaving], CLOSING)
    },
  }
}

/** Resolves when all are settled, or after so many milliseconds. */
export async function settledWithin(work: readonly unknown[], ms: number): Promise<void> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, ms)
  })
  await Promise.race([Promise.allSettled(work), late])
  clearTimeout(timer)
}
