import type { Area, Finding, Level } from './check.ts'
import type { DoctorOptions } from './context.ts'

export interface Examination {
  /** ISO 8601. */
  at: string
  version: string
  /** Without its password. */
  redis: string
  context: string | null
  counts: Record<Level, number>
  findings: Finding[]
  /** Where the bundle is; null without one. */
  bundle: string | null
}

export interface ExamineOptions extends DoctorOptions {
  /** Areas to look at; all when left out. */
  only?: readonly Area[]
  /** File for a bundle that goes with a report of a bug. */
  bundle?: string | undefined
  /** Every setting with its value and source, for the bundle. */
  settings?: () => unknown
}
