import type { Operation } from '../scenario.ts'

/** How an evaluation has ended, as its last event tells it. */
export interface EvaluationEnd {
  status: string
  reason?: string | null
  /** That the program ran. */
  duration_ms?: number | null
}

/** Ends an operation by what has become of its evaluation. */
export function recordEnd(operation: Operation, end: EvaluationEnd, at: number) {
  const { status, reason, duration_ms } = end
  if (status !== 'completed') return operation.fail(`eval ${status}${reason ? `: ${reason}` : ''}`)
  if (typeof duration_ms === 'number') operation.record('program', duration_ms)
  operation.succeed(at)
}
