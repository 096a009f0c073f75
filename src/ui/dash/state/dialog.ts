import type { Action, Offer } from '../../../runtime/dashboard/index.ts'
import type { Outcome } from './intent.ts'
import type { DashState, Dialog, Effect, Step } from './state.ts'
import { withoutLast } from './typing.ts'

/** The next of the offers, round and round. */
export function chosen(state: DashState, by: number): DashState {
  const { dialog } = state
  if (dialog?.step !== 'menu') return state
  const count = dialog.offers.length
  return { ...state, dialog: { ...dialog, chosen: (dialog.chosen + by + count) % count } }
}

/** Enter in a menu, yes to a question, or the end of a name that had to be typed. */
export function accepted(state: DashState): Step {
  const { dialog } = state
  if (dialog?.step === 'quit') return step({ ...state, dialog: null }, { do: 'quit' })
  if (dialog?.step === 'menu') {
    const offer = dialog.offers[dialog.chosen]
    return offer ? planned(state, offer) : step(state)
  }
  if (dialog?.step !== 'confirm') return step(state)
  const { offer, plan, typed } = dialog
  if (plan.typed !== null && typed !== plan.typed) return step({ ...state, dialog: { ...dialog, typed: '' } })
  return step({ ...state, dialog: { step: 'running', offer } }, { do: 'run', action: offer.action })
}

/** What was begun goes on; only the question goes. */
export function cancelled(state: DashState): DashState {
  return { ...state, dialog: null }
}

/** @param text added to what has been typed; null takes the last character away, nothing takes all */
export function typedIn(state: DashState, text: string | null): DashState {
  const { dialog } = state
  if (dialog?.step !== 'confirm' || dialog.plan.typed === null) return state
  const typed = text === null ? withoutLast(dialog.typed) : text === '' ? '' : dialog.typed + text
  return { ...state, dialog: { ...dialog, typed } }
}

/** One replica more or less: of the role that is shown, or of the one that is being asked about. */
export function scaled(
  state: DashState,
  role: { role: string; replicas: number } | undefined,
  by: number,
): Step {
  const asked = scaleAskedIn(state.dialog)
  const from = asked ?? (state.dialog ? undefined : role)
  const replicas = (from?.replicas ?? 0) + by
  if (!from || replicas < 0) return step(state)
  const action = { kind: 'scale' as const, role: from.role, replicas }
  return planned(state, { action, title: `Scale ${from.role} to ${replicas}` })
}

/** What became of an effect; what belongs to a question that is gone is left out, except for what was done. */
export function settled(state: DashState, outcome: Outcome, now: number): DashState {
  const { dialog } = state
  switch (outcome.did) {
    case 'offered':
      return offered(state, outcome.offers, outcome.readOnly, now)
    case 'planned':
      if (!isPlanning(dialog, outcome.offer)) return state
      return { ...state, dialog: { step: 'confirm', offer: outcome.offer, plan: outcome.plan, typed: '' } }
    case 'not planned':
      if (!isPlanning(dialog, outcome.offer)) return state
      return { ...state, dialog: null, notice: { text: outcome.why, tone: 'bad', at: now } }
    case 'ran':
      return { ...ended(state, outcome.action), notice: { text: outcome.what, tone: 'good', at: now } }
    case 'failed':
      return { ...ended(state, outcome.action), notice: { text: outcome.why, tone: 'bad', at: now } }
  }
}

function offered(state: DashState, offers: readonly Offer[], readOnly: boolean, now: number): DashState {
  if (offers.length > 0) return { ...state, dialog: { step: 'menu', offers, chosen: 0 } }
  const text = readOnly
    ? 'Read-only: start without --read-only to change something.'
    : 'There is nothing that can be done with this.'
  return { ...state, notice: { text, tone: 'warn', at: now } }
}

function planned(state: DashState, offer: Offer): Step {
  return step({ ...state, dialog: { step: 'planning', offer } }, { do: 'plan', offer })
}

function isPlanning(dialog: Dialog | null, offer: Offer): boolean {
  return dialog?.step === 'planning' && dialog.offer === offer
}

/** What somebody has gone on to meanwhile stays. */
function ended(state: DashState, action: Action): DashState {
  const { dialog } = state
  return dialog?.step === 'running' && dialog.offer.action === action ? { ...state, dialog: null } : state
}

function scaleAskedIn(dialog: Dialog | null): { role: string; replicas: number } | undefined {
  const action = dialog?.step === 'confirm' ? dialog.offer.action : undefined
  return action?.kind === 'scale' ? action : undefined
}

function step(state: DashState, ...effects: Effect[]): Step {
  return { state, effects }
}
