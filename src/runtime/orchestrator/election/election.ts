import { type Logger, messageOf } from '../../kernel/index.ts'
import { type Clock, sleep } from '../../resilience/index.ts'
import type { Lock } from './lock.ts'
import type { Term } from './term.ts'

export interface ElectionOptions {
  lock: Lock
  /** Milliseconds after its last renewal at which the lock may go to another. */
  duration: number
  /** Leads until `term.signal` is aborted; resolves when nothing of it goes on. */
  lead(term: Term): Promise<void>
  clock: Clock
  log: Logger
}

export interface Election {
  readonly leading: boolean
  /** Stops leading, and gives the lock to whoever wants it. */
  close(): Promise<void>
}

/** Renewals in the time of one lease, so that one may fail. */
const RENEWALS = 5
/** The share of a lease that is left when a leader stops that could not renew it: its last acts need time to end. */
const MARGIN = 1 / 3

interface Reign extends Term {
  /** It holds the lock until `until` at least. */
  extend(until: number): void
  end(why: string): void
  over: Promise<void>
}

/**
 * Tries to lead for as long as it lives. The time of a lease is counted from before it was asked for, and a leader that cannot
 * renew it in time stops before it runs out: there are never two who act.
 */
export function startElection({ lock, duration, lead, clock, log }: ElectionOptions): Election {
  const closing = new AbortController()
  let reign: Reign | undefined
  let inTrouble = false

  async function campaign(): Promise<void> {
    while (!closing.signal.aborted) {
      await turn()
      await sleep(clock, duration / RENEWALS, closing.signal).catch(() => {})
    }
    await step('closing')
    await lock
      .release()
      .catch((error) => log.debug({ reason: messageOf(error) }, 'the lease runs out by itself'))
  }

  async function turn(): Promise<void> {
    const asked = clock.now()
    try {
      const late = AbortSignal.timeout(duration)
      const fence = await lock.hold(AbortSignal.any([late, closing.signal]))
      inTrouble = false
      if (fence === undefined || (reign && reign.fence !== fence)) await step('another leads')
      if (fence === undefined) return
      if (reign?.signal.aborted) await step('it was late')
      const until = asked + duration * (1 - MARGIN)
      if (reign) reign.extend(until)
      else if (clock.now() < until && !closing.signal.aborted) reign = begin(fence, until)
    } catch (error) {
      // Until its time is over a leader that cannot renew leads all the same: the lock is still its own.
      tellTrouble(messageOf(error))
      if (reign?.signal.aborted) await step('it could not be renewed')
    }
  }

  /** Once, until it is over: a right that is missing must be seen, and a Redis that is away fills no log. */
  function tellTrouble(reason: string): void {
    const isNews = !inTrouble && !closing.signal.aborted
    inTrouble = true
    log[isNews ? 'warn' : 'debug']({ reason }, 'the lease could not be asked for')
  }

  /** Back into the ranks. */
  async function step(why: string): Promise<void> {
    const ended = reign
    ended?.end(why)
    await ended?.over
    reign = undefined
  }

  function begin(fence: number, until: number): Reign {
    const ending = new AbortController()
    let end = until
    let stopTimer = clock.after(until - clock.now(), late)
    log.info({ fence }, 'leading from now on')

    function late(): void {
      finish('the lease could not be renewed in time')
    }
    function finish(why: string): void {
      if (ending.signal.aborted) return
      stopTimer()
      log.info({ fence, why }, 'leading no longer')
      ending.abort(new Error(`no longer the leader: ${why}`))
    }

    const term: Term = {
      fence,
      signal: ending.signal,
      check() {
        if (clock.now() >= end) late()
        ending.signal.throwIfAborted()
      },
    }
    const over = lead(term).catch((error) => {
      if (ending.signal.aborted) return
      log.error({ err: error }, 'leading failed')
      finish('it failed')
    })
    return {
      ...term,
      over,
      end: finish,
      extend(later) {
        end = later
        stopTimer()
        if (!ending.signal.aborted) stopTimer = clock.after(later - clock.now(), late)
      },
    }
  }

  const campaigning = campaign()
  return {
    get leading() {
      return reign !== undefined && !reign.signal.aborted
    },
    async close() {
      closing.abort(new Error('closing'))
      await campaigning
    },
  }
}
