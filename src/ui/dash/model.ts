import type { Snapshot } from '../../runtime/dashboard/index.ts'
import type { LogLine } from '../../runtime/supervisor/index.ts'
import type { Loaded } from './detail.ts'
import type { DashState } from './state/state.ts'

/** All the screen is drawn from, at one moment. */
export interface Model {
  readonly state: DashState
  /** Undefined until there is the first. */
  readonly snapshot: Snapshot | undefined
  readonly logs: readonly LogLine[]
  /** Why there are no logs; null when they can be read. */
  readonly logsUnknown: string | null
  readonly loading: Loading
  /** Unix time in milliseconds. */
  readonly now: number
  readonly size: Size
  readonly readOnly: boolean
  readonly attached: boolean
}

/** How far the detail that is shown has been loaded; what was there stays while it is loaded again. */
export interface Loading {
  /** Of the reference it belongs to; empty while no detail is shown. */
  readonly key: string
  readonly loaded: Loaded | undefined
  readonly error: string | null
}

/** Cells of the terminal. */
export interface Size {
  readonly columns: number
  readonly rows: number
}

export const NOTHING_LOADED: Loading = { key: '', loaded: undefined, error: null }
