import type { DeadLetter } from '../../runtime/bus/index.ts'
import type { EntryView, GroupDetail, Snapshot, StreamDetail, Target } from '../../runtime/dashboard/index.ts'
import type { LogLine } from '../../runtime/supervisor/index.ts'
import type { DetailRef, Tone } from './pane.ts'

/** Makes the page of a detail. Pure; the shell loads, scrolls, selects and draws. */
export type DescribeDetail = (input: DetailInput) => DetailPage

export interface DetailInput {
  readonly reference: DetailRef
  readonly snapshot: Snapshot
  readonly loaded: Loaded
  /** Newest lines of all replicas, oldest first. */
  readonly logs: readonly LogLine[]
  /** Cells a line may take. */
  readonly width: number
}

/** What was asked of the source: for letters and a letter `letters`, for the others what they are called. */
export interface Loaded {
  readonly stream?: StreamDetail
  /** Null when it is no longer in the stream. */
  readonly entry?: EntryView | null
  readonly group?: GroupDetail
  readonly letters?: readonly DeadLetter[]
}

export interface DetailPage {
  /** Such as "worker-1" or "group workers of events:task.created". */
  readonly title: string
  readonly lines: readonly DetailLine[]
}

/** One line of the screen: it is never wrapped, so its text fits the width. */
export interface DetailLine {
  readonly parts: readonly Part[]
  /** Lines with a key can be selected; unique within the page. */
  readonly key?: string
  /** Where Enter leads. */
  readonly open?: DetailRef
  /** What actions are about; without it they are about the page's own target. */
  readonly target?: Target
}

export interface Part {
  /** Made harmless by `plain()`. */
  readonly text: string
  readonly tone?: Tone
  readonly bold?: boolean
  /** Background and foreground change places. */
  readonly inverse?: boolean
}
