import type { Action, DashboardSource, Offer, Target } from '../../runtime/dashboard/index.ts'
import { plain } from '../format/plain.ts'
import type { Outcome } from './state/intent.ts'
import type { Effect } from './state/state.ts'

interface Outside {
  source: DashboardSource
  settle(outcome: Outcome): void
  onEnd(how: 'quit' | 'stop'): void
  onRedraw(): void
}

/** Does what keys have led to, and tells what became of it. */
export function createPerform({ source, settle, onEnd, onRedraw }: Outside): (effect: Effect) => void {
  function offer(target: Target | undefined): void {
    const offers = target ? source.offers(target) : []
    settle({ did: 'offered', offers, readOnly: source.readOnly })
  }

  function plan(offer: Offer): void {
    source.plan(offer.action).then(
      (plan) => settle({ did: 'planned', offer, plan }),
      (error: unknown) => settle({ did: 'not planned', offer, why: reasonOf(error) }),
    )
  }

  function run(action: Action): void {
    source.run(action).then(
      (what) => settle({ did: 'ran', action, what: plain(what) }),
      (error: unknown) => settle({ did: 'failed', action, why: reasonOf(error) }),
    )
  }

  return (effect) => {
    switch (effect.do) {
      case 'refresh':
        return source.refresh()
      case 'interval':
        return source.setInterval(effect.ms)
      case 'pause':
        return source.setPaused(effect.paused)
      case 'offer':
        return offer(effect.target)
      case 'plan':
        return plan(effect.offer)
      case 'run':
        return run(effect.action)
      case 'redraw':
        return onRedraw()
      default:
        return onEnd(effect.do)
    }
  }
}

/** Why something failed, as one harmless line, with what can be done about it where the error knows. */
export function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return plain(String(error))
  const fix = 'fix' in error && typeof error.fix === 'string' && error.fix !== '' ? ` Fix: ${error.fix}` : ''
  return plain(`${error.message}${fix}`)
}
