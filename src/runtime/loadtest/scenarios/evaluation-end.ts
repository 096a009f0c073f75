import { z } from 'zod'
import type { Operation } from '../scenario.ts'

/** How an evaluation has ended, as its last event tells it. */
const evaluationEnd = z.object({
  status: z.string(),
  reason: z.string().nullish(),
  /** That the program ran. */
  duration_ms: z.number().nullish(),
})

/**
 * Ends an operation by what has become of its evaluation.
 * @param told what its last event holds; one that says nothing of the kind is a failure
 */
export function recordEnd(operation: Operation, told: unknown, at: number) {
  const { data: end } = evaluationEnd.safeParse(told)
  if (end === undefined) return operation.fail('an end that cannot be read')
  const { status, reason, duration_ms } = end
  if (status !== 'completed') return operation.fail(`eval ${status}${reason ? `: ${reason}` : ''}`)
  if (typeof duration_ms === 'number') operation.record('program', duration_ms)
  operation.succeed(at)
}
