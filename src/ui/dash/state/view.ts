import type { Target } from '../../../runtime/dashboard/index.ts'
import type { DetailRef } from '../pane.ts'
import type { Sort } from '../rows.ts'
import type { Keys } from './cursor.ts'

/** What is on the screen while a key is pressed. */
export interface View {
  readonly keys: Keys
  /** Lines that are visible. */
  readonly page: number
  /** Of the selected line. */
  readonly open: DetailRef | undefined
  readonly target: Target | undefined
  /** The role that + and - change; undefined where they are about the interval. */
  readonly scale: { readonly role: string; readonly replicas: number } | undefined
  /** As the table is sorted now, and what comes next; undefined where there is no table. */
  readonly sort: Sort | undefined
  readonly nextSort: string | null
  /** Those that have logged something. */
  readonly replicas: readonly string[]
  /** Whether closing ends a serve. */
  readonly attached: boolean
}
