import type { Clock } from './clock.ts'
import { createOutcomeWindow } from './outcome-window.ts'

export type BreakerState = 'closed' | 'open' | 'half-open'

/** Leave to do one piece of work; tell once how it went. What is told after the breaker has changed its state is ignored. */
export interface Permit {
  succeeded(): void
  failed(): void
  /** It tells nothing about the other side. */
  cancelled(): void
}

export interface Breaker {
  /** A permit, or undefined while the work is to be left alone. */
  enter(): Permit | undefined
  state(): BreakerState
  /** Milliseconds until it is worth asking again; 0 when it is. */
  remaining(): number
}

export interface BreakerOptions {
  clock: Clock
  /** Between 0 and 1. */
  random: () => number
  /** Opens after so many failures in a row. */
  failures?: number
  /** Opens when this share of the work within `window` milliseconds has failed, if that was at least `minimum` pieces. */
  rate?: number
  window?: number
  minimum?: number
  /** Milliseconds for which it opens first; doubled each time that a probe fails, up to `longest`. */
  openFor?: number
  longest?: number
  /** Successful probes after which it closes. */
  successes?: number
  /** Milliseconds after which a probe that has not ended no longer keeps others from trying. */
  probeTimeout?: number
  onChange?: (state: BreakerState) => void
}

/**
 * Circuit breaker (Nygard, "Release It!"): work that keeps failing is left alone for a while; then one probe at a time
 * is let through, and after some that succeed all.
 *
 * Not opossum: its time to stay open does not grow, and a probe counts as under way for as long as its promise is pending,
 * where here a hung one only holds its permit for `probeTimeout`; nor can its clock be given.
 */
export function createBreaker(options: BreakerOptions): Breaker {
  const { clock, random, failures = 5, rate = 0.5, window = 30_000, minimum = 20 } = options
  const { openFor = 5_000, longest = 60_000, successes = 2, probeTimeout = 30_000, onChange } = options
  const recent = createOutcomeWindow(clock, window)
  let state: BreakerState = 'closed'
  /** Counts the changes of state: a permit of an earlier one has nothing to say any more. */
  let era = 0
  let inRow = 0
  let openings = 0
  let until = 0
  let probe: { until: number } | undefined

  function become(next: BreakerState): void {
    state = next
    era += 1
    inRow = 0
    probe = undefined
    onChange?.(next)
  }

  function open(): void {
    const time = Math.min(longest, openFor * 2 ** Math.min(openings, 30))
    openings += 1
    // Up to a tenth longer, so that many processes do not probe in step.
    until = clock.now() + time * (1 + random() / 10)
    become('open')
  }

  function close(): void {
    openings = 0
    recent.clear()
    become('closed')
  }

  function count(failed: boolean): void {
    inRow = failed ? inRow + 1 : 0
    recent.add(failed)
    const { total, failed: bad } = recent.counts()
    if (inRow >= failures || (failed && total >= minimum && bad / total >= rate)) open()
  }

  function settleProbe(own: object, failed: boolean): void {
    if (probe !== own) return
    probe = undefined
    inRow += 1
    if (failed) open()
    else if (inRow >= successes) close()
  }

  function permit(tell: (failed: boolean) => void, drop: () => void): Permit {
    const mine = era
    let told = false
    const once = (say: () => void) => () => {
      if (told || mine !== era) return
      told = true
      say()
    }
    return { succeeded: once(() => tell(false)), failed: once(() => tell(true)), cancelled: once(drop) }
  }

  return {
    enter() {
      if (state === 'closed') return permit(count, () => {})
      const now = clock.now()
      if (state === 'open') {
        if (now < until) return undefined
        become('half-open')
      }
      if (probe && now < probe.until) return undefined
      const own = { until: now + probeTimeout }
      probe = own
      return permit(
        (failed) => settleProbe(own, failed),
        () => {
          if (probe === own) probe = undefined
        },
      )
    },
    state: () => state,
    remaining() {
      const end = state === 'open' ? until : (probe?.until ?? 0)
      return Math.max(0, end - clock.now())
    },
  }
}
