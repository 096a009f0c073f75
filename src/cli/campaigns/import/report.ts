import type { Failure } from '../../../runtime/agents/messages.ts'

/** What became of a line that was not registered. */
export interface LineFailure extends Omit<Failure, 'index'> {
  /** From 1. */
  line: number
}

export interface ImportReport {
  file: string
  format: 'ndjson' | 'csv'
  run_id: string
  dry_run: boolean
  /** Every event of the file is registered, now or before; of a dry run: could be. */
  complete: boolean
  /** It was ended by a signal before its end. */
  stopped: boolean
  /** Lines that hold something. */
  total: number
  registered: number
  /** Registered already, by an earlier run. */
  known: number
  failed: number
  /** The first ones, by line. */
  failures: LineFailure[]
  /** Where all lines are that were not registered. */
  failures_file: string | null
  retries: number
  duration_ms: number
}

/** What is known while it goes on. */
export interface ImportProgress {
  /** Of the file, from 0 to 1. */
  read: number
  registered: number
  known: number
  failed: number
  /** Milliseconds since it began. */
  took: number
}
