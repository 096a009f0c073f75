import type { Action, ActionPlan, Offer, PaneName, Target } from '../../../runtime/dashboard/index.ts'
import type { DetailRef, Tone } from '../pane.ts'
import type { Sort } from '../rows.ts'
import { type Cursor, START } from './cursor.ts'
import type { Mode } from './keys.ts'

/** What the screen remembers between two keys; what it shows, it makes of this and the newest snapshot. */
export interface DashState {
  readonly pane: PaneName
  readonly cursors: Readonly<Record<PaneName, Cursor>>
  /** By pane; of those that are not here, the pane's own. */
  readonly sorts: Partial<Readonly<Record<PaneName, Sort>>>
  /** Looked into, the outermost first; empty while the pane itself is shown. */
  readonly details: readonly Detail[]
  /** The one whose logs are shown; null for all. */
  readonly replica: string | null
  /** Whether a filter is being typed. */
  readonly filtering: boolean
  readonly paused: boolean
  readonly interval: number
  readonly help: boolean
  readonly dialog: Dialog | null
  readonly notice: Notice | null
}

export interface Detail {
  readonly reference: DetailRef
  readonly cursor: Cursor
}

/** An action on its way: chosen from a menu, planned, confirmed, run. */
export type Dialog =
  | { readonly step: 'menu'; readonly offers: readonly Offer[]; readonly chosen: number }
  | { readonly step: 'planning'; readonly offer: Offer }
  | { readonly step: 'confirm'; readonly offer: Offer; readonly plan: ActionPlan; readonly typed: string }
  | { readonly step: 'running'; readonly offer: Offer }
  | { readonly step: 'quit' }

/** A sentence at the bottom. */
export interface Notice {
  readonly text: string
  readonly tone: Tone
  /** Unix time in milliseconds. */
  readonly at: number
}

/** What is to be done outside; its outcome comes back. */
export type Effect =
  | { readonly do: 'refresh' | 'quit' | 'stop' | 'redraw' }
  | { readonly do: 'interval'; readonly ms: number }
  | { readonly do: 'pause'; readonly paused: boolean }
  | { readonly do: 'offer'; readonly target: Target | undefined }
  | { readonly do: 'plan'; readonly offer: Offer }
  | { readonly do: 'run'; readonly action: Action }

/** What a key leads to. */
export interface Step {
  readonly state: DashState
  readonly effects: readonly Effect[]
}

/** Milliseconds between two samples that one can choose from. */
export const INTERVALS = [250, 500, 1_000, 2_000, 5_000, 10_000, 30_000, 60_000] as const

/** In the order of the tabs. */
export const PANES: readonly PaneName[] = [
  'overview',
  'streams',
  'groups',
  'replicas',
  'latency',
  'logs',
  'letters',
]

export function initialState(pane: PaneName = 'overview', interval = 1_000): DashState {
  const cursors = Object.fromEntries(PANES.map((name) => [name, START])) as Record<PaneName, Cursor>
  return {
    pane,
    cursors: { ...cursors, logs: { ...START, follow: true } },
    sorts: {},
    details: [],
    replica: null,
    filtering: false,
    paused: false,
    interval,
    help: false,
    dialog: null,
    notice: null,
  }
}

/** What the next key is about. */
export function modeOf({ dialog, help, filtering }: DashState): Mode {
  if (dialog?.step === 'menu') return 'menu'
  if (dialog?.step === 'quit') return 'yes-no'
  if (dialog?.step === 'confirm') return dialog.plan.typed === null ? 'yes-no' : 'typing'
  if (dialog) return 'waiting'
  if (help) return 'help'
  return filtering ? 'filter' : 'normal'
}

/** Of what is shown: of the innermost detail, else of the pane. */
export function cursorOf(state: DashState): Cursor {
  return state.details.at(-1)?.cursor ?? state.cursors[state.pane]
}

export function withCursor(state: DashState, cursor: Cursor): DashState {
  const detail = state.details.at(-1)
  if (detail) return { ...state, details: [...state.details.slice(0, -1), { ...detail, cursor }] }
  return { ...state, cursors: { ...state.cursors, [state.pane]: cursor } }
}
