import type { PaneName } from '../../runtime/dashboard/index.ts'

export interface ScreenOptions {
  /** Shown first. */
  pane?: PaneName
  /** Closes it when it is aborted. */
  signal?: AbortSignal
  /** Terminals; those of the process by default. */
  stdin?: NodeJS.ReadStream
  stdout?: NodeJS.WriteStream
}
