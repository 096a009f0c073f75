import type { PaneName, Snapshot, Target } from '../../runtime/dashboard/index.ts'

/** One column of a table. All of it is pure: the screen and `dash --once` draw the same cells. */
export interface Column<Row> {
  readonly id: string
  readonly title: string
  readonly align: 'left' | 'right'
  /** Whether a text that is too long is cut in the middle: for names, which differ at their ends. */
  readonly isName?: boolean
  /** Cells it takes at least and at most. */
  readonly min: number
  readonly max?: number
  /** Whether it grows only where room is left by all others. */
  readonly isLast?: boolean
  /** Columns with a higher number go first when there is not enough room; 0 stays always. */
  readonly drop: number
  cell(row: Row): Cell
  /** What rows are sorted by; columns without it cannot be sorted by. Null goes last. */
  sortBy?(row: Row): number | string | null
}

export interface Cell {
  /** One line; whatever may come from data has been made harmless by `plain()`. */
  readonly text: string
  readonly tone?: Tone
  /** Numbers to draw a sparkline from, instead of the text, as wide as the column is. */
  readonly spark?: readonly (number | null)[]
}

export type Tone = 'good' | 'warn' | 'bad' | 'dim' | 'accent'

/** What a pane lists. */
export interface Pane<Row> {
  readonly name: PaneName
  readonly title: string
  readonly columns: readonly Column<Row>[]
  rows(snapshot: Snapshot): readonly Row[]
  /** By what a row is recognised, whatever else changes. */
  key(row: Row): string
  /** What the filter looks in. */
  text(row: Row): string
  /** Column it is sorted by at first. */
  readonly sort?: { readonly column: string; readonly descending: boolean }
  /** Where Enter leads; undefined for rows that have nothing below them. */
  open?(row: Row): DetailRef | undefined
  /** What actions are about. */
  target?(row: Row): Target | undefined
  /** Said instead of an empty table. */
  readonly empty: string
}

/** What one can look into. */
export type DetailRef =
  | { kind: 'stream'; stream: string }
  | { kind: 'group'; stream: string; group: string }
  | { kind: 'entry'; stream: string; id: string }
  | { kind: 'role'; role: string }
  | { kind: 'replica'; name: string }
  | { kind: 'letters'; type: string }
  | { kind: 'letter'; type: string; id: string }
