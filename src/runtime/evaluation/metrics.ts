import type { Metrics } from '../platform/metrics/index.ts'
import type { Facts } from './messages.ts'

/** Counts ends. Whoever ends an evaluation counts it, so that the sum over all processes is right. */
export function countEnds(metrics: Metrics): (end: Pick<Facts, 'status' | 'reason'>) => void {
  const total = metrics.counter('evaluations_total', 'Evaluations that have ended, by how', [
    'status',
    'reason',
  ])
  return ({ status, reason }) => total.inc({ status, reason: reason ?? '' })
}

export interface SubmissionMetrics {
  submitted(language: string): void
}

/** What a gateway tells about evaluations. */
export function createSubmissionMetrics(metrics: Metrics, depth: () => Promise<number>): SubmissionMetrics {
  const submitted = metrics.counter('evaluations_submitted_total', 'Evaluations accepted, by language', [
    'language',
  ])
  metrics.gauges('evaluation_queue_depth', 'Evaluations that wait', [], async () => [[{}, await depth()]])
  return { submitted: (language) => submitted.inc({ language }) }
}
