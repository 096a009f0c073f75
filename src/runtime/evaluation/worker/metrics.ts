import type { Metrics } from '../../platform/metrics/index.ts'
import type { Facts } from '../messages.ts'
import { countEnds } from '../metrics.ts'

/** What a worker tells about evaluations. */
export interface WorkerMetrics {
  /** Told once of each evaluation, by whoever has ended it. */
  ended(facts: Facts): void
  lost(): void
}

const NONE: WorkerMetrics = { ended() {}, lost() {} }

export function createWorkerMetrics(metrics?: Metrics): WorkerMetrics {
  if (metrics === undefined) return NONE
  const count = countEnds(metrics)
  const seconds = metrics.histogram(
    'evaluation_seconds',
    'Time from the acceptance of an evaluation to its end, by status',
    ['status'],
  )
  const lost = metrics.counter('evaluation_attempts_lost_total', 'Attempts whose executor was lost')
  return {
    ended({ status, reason, queued_at, finished_at }) {
      count({ status, reason })
      if (queued_at !== undefined && finished_at !== undefined) {
        seconds.observe({ status }, Math.max(0, Date.parse(finished_at) - Date.parse(queued_at)) / 1_000)
      }
    },
    lost: () => lost.inc(),
  }
}
