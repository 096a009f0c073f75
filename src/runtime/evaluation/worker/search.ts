import { setTimeout as wait } from 'node:timers/promises'
import type { Balancer, Lease } from '../../balancer/index.ts'
import { AgentctlError } from '../../kernel/index.ts'

/** Finds executors for one evaluation, as long as it takes. */
export interface Search {
  /**
   * The next executor to ask: one that was not asked yet, or after a pause any of those that were.
   * @param wanted asked now and then while there is none; false ends the search without one
   * @throws the reason of `signal`
   */
  next(signal: AbortSignal, wanted?: () => Promise<boolean>): Promise<Lease | undefined>
  /** This one was asked in vain; asking it again makes sense after so many milliseconds. */
  tried(url: string, pause?: number): void
  /** This one never runs the program. */
  lacks(url: string): void
  /** No executor that is known runs the program. */
  allLack(): Promise<boolean>
}

export interface SearchOptions {
  balancer: Pick<Balancer, 'acquire' | 'replicas'>
  random: () => number
  /** Rejects with the reason of the signal. */
  sleep?: (ms: number, signal: AbortSignal) => Promise<void>
}

/** Milliseconds between two rounds of asking: at first and at most, and twice as much each time. */
const PAUSE = 100
const LONGEST_PAUSE = 2_000

export function createSearch({ balancer, random, sleep = abortableSleep }: SearchOptions): Search {
  let asked: string[] = []
  const lacking = new Set<string>()
  let rounds = 0
  /** The shortest time after which one of those asked may be asked again. */
  let soonest: number | undefined

  /** Full jitter would let many ask at once what is away; half of it keeps the pauses growing. */
  async function pause(atLeast: number, signal: AbortSignal): Promise<void> {
    const growing = Math.min(LONGEST_PAUSE, PAUSE * 2 ** rounds) * (0.5 + random() / 2)
    rounds += 1
    const ms = Math.min(LONGEST_PAUSE, Math.max(growing, atLeast))
    await sleep(ms, signal)
  }

  async function acquire(signal: AbortSignal): Promise<Lease | number> {
    try {
      return await balancer.acquire({ avoid: [...asked, ...lacking], signal })
    } catch (error) {
      signal.throwIfAborted()
      if (!(error instanceof AgentctlError && error.retryable)) throw error
      return error.retryAfter ?? 0
    }
  }

  return {
    async next(signal, wanted = async () => true) {
      for (;;) {
        const found = await acquire(signal)
        if (typeof found !== 'number') {
          if (!asked.includes(found.url) && !lacking.has(found.url)) return found
          void found.release({ kind: 'cancelled' })
        }
        await pause(typeof found === 'number' ? found : (soonest ?? 0), signal)
        asked = []
        soonest = undefined
        if (!(await wanted())) return undefined
      }
    },
    tried(url, again = 0) {
      asked.push(url)
      soonest = Math.min(soonest ?? Number.POSITIVE_INFINITY, again)
    },
    lacks(url) {
      lacking.add(url)
    },
    async allLack() {
      const known = await balancer.replicas()
      return known.every(({ url }) => lacking.has(url))
    },
  }
}

async function abortableSleep(ms: number, signal: AbortSignal): Promise<void> {
  await wait(ms, undefined, { signal }).catch(() => signal.throwIfAborted())
}
