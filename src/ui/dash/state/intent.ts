import type { Action, ActionPlan, Offer, PaneName } from '../../../runtime/dashboard/index.ts'

/** What somebody wants by pressing a key. */
export type Intent =
  | { do: 'move' | 'page' | 'tab' | 'interval' | 'plus' | 'replica' | 'choose'; by: number }
  | { do: 'end'; end: 'first' | 'last' }
  | { do: 'pane'; pane: PaneName }
  | { do: 'type'; text: string }
  | { do: 'filter-clear'; leave: boolean }
  | {
      do:
        | 'open'
        | 'back'
        | 'filter'
        | 'filtered'
        | 'erase'
        | 'sort'
        | 'reverse'
        | 'pause'
        | 'refresh'
        | 'follow'
        | 'help'
        | 'actions'
        | 'accept'
        | 'cancel'
        | 'quit'
        | 'stop'
        | 'redraw'
    }

/** What became of an effect. */
export type Outcome =
  | { did: 'offered'; offers: readonly Offer[]; readOnly: boolean }
  | { did: 'planned'; offer: Offer; plan: ActionPlan }
  | { did: 'not planned'; offer: Offer; why: string }
  | { did: 'ran'; action: Action; what: string }
  | { did: 'failed'; action: Action; why: string }
