/** How much of a quota is used up. */
export interface Count {
  consumed: number
  /** Milliseconds until it begins anew. */
  left: number
}

/** Where it is counted, for all replicas together. */
export interface Counter {
  add(tenant: string, used: number): Promise<Count>
  look(tenant: string): Promise<Count>
}

/**
 * Spares a request the way to the counter while the quota is far from used up: it is then counted some milliseconds
 * later, together with those that came meanwhile. Near the end each request waits for the exact count.
 */
export interface KnownCounts {
  /** Counts one, and tells the count. */
  take(tenant: string): Promise<Count>
  /** Counts after the fact. */
  add(tenant: string, used: number): void
  /** May be a second old. */
  look(tenant: string): Promise<Count>
  /** Sends what is counted here only. */
  close(): Promise<void>
}

export interface KnownCountsOptions {
  counter: Counter
  /** The quota. */
  points: number
  /** Milliseconds. */
  now: () => number
  /** Milliseconds between counting here and there. */
  delay?: number
}

interface Known {
  consumed: number
  /** When it begins anew. */
  ends: number
  /** When it was asked for. */
  at: number
  /** Counted here and not yet sent, and sent but not yet answered. */
  pending: number
  sent: number
  timer: NodeJS.Timeout | undefined
}

/** Milliseconds for which a count is believed. */
const FRESH = 1_000
/** What must be left, at least, for a request to be counted later: other replicas count at the same time. */
const MARGIN = 200
/** What is sent at once, at least, and as a share of the quota: no replica has much that the others know nothing of. */
const MOST_PENDING = { least: 50, share: 0.001 }
const DELAY = 10
/** Tenants that are remembered. */
const MOST = 10_000

const totalOf = ({ consumed, pending, sent }: Known) => consumed + pending + sent

export function createKnownCounts({ counter, points, now, delay = DELAY }: KnownCountsOptions): KnownCounts {
  const tenants = new Map<string, Known>()
  const sending = new Set<Promise<void>>()
  const most = Math.max(MOST_PENDING.least, points * MOST_PENDING.share)
  const enough = points - Math.max(MARGIN, points / 10)

  function of(tenant: string): Known {
    const found = tenants.get(tenant)
    if (found) return found
    if (tenants.size >= MOST) forget()
    const fresh = {
      consumed: 0,
      ends: 0,
      at: Number.NEGATIVE_INFINITY,
      pending: 0,
      sent: 0,
      timer: undefined,
    }
    tenants.set(tenant, fresh)
    return fresh
  }

  /** Tenants of whom nothing is to be sent; there are only so many others in a few milliseconds. */
  function forget(): void {
    for (const [tenant, { pending, sent }] of tenants) if (pending + sent === 0) tenants.delete(tenant)
  }

  function learn(tenant: string, { consumed, left }: Count): Known {
    const time = now()
    return Object.assign(of(tenant), { consumed, ends: time + left, at: time })
  }

  function freshOf(tenant: string): Known | undefined {
    const known = tenants.get(tenant)
    const time = now()
    return known && time - known.at < FRESH && (time < known.ends || known.consumed === 0) ? known : undefined
  }

  async function send(tenant: string, known: Known): Promise<void> {
    clearTimeout(known.timer)
    known.timer = undefined
    if (known.sent > 0 || known.pending === 0) return
    known.sent = known.pending
    known.pending = 0
    learn(tenant, await counter.add(tenant, known.sent))
    known.sent = 0
    if (known.pending > 0) schedule(tenant, known)
  }

  function sendNow(tenant: string, known: Known): void {
    const work = send(tenant, known).finally(() => sending.delete(work))
    sending.add(work)
  }

  function schedule(tenant: string, known: Known): void {
    if (known.pending >= most && known.sent === 0) sendNow(tenant, known)
    else known.timer ??= setTimeout(() => sendNow(tenant, known), delay).unref()
  }

  return {
    async take(tenant) {
      const known = freshOf(tenant)
      if (known === undefined || totalOf(known) >= enough) {
        const count = await counter.add(tenant, 1)
        learn(tenant, count)
        return count
      }
      known.pending += 1
      const count = { consumed: totalOf(known), left: known.ends - now() }
      schedule(tenant, known)
      return count
    },
    add(tenant, used) {
      const known = of(tenant)
      known.pending += used
      schedule(tenant, known)
    },
    async look(tenant) {
      const known = freshOf(tenant) ?? learn(tenant, await counter.look(tenant))
      return { consumed: totalOf(known), left: Math.max(0, known.ends - now()) }
    },
    async close() {
      for (let left = true; left; ) {
        for (const [tenant, known] of tenants) if (known.pending > 0) sendNow(tenant, known)
        await Promise.all(sending)
        left = [...tenants.values()].some(({ pending }) => pending > 0)
      }
    },
  }
}
