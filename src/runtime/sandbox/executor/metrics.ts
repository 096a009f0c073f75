import type { Metrics } from '../../platform/metrics/index.ts'
import type { BackendKind } from '../messages.ts'

export interface RunMetrics {
  /** @param status of the outcome, or `lost` when the sandbox failed */
  ran(language: string, status: string, seconds: number): void
  /** What runs and what waits, read when somebody asks. */
  show(runs: { readonly running: number; readonly waiting: number }): void
}

export function createRunMetrics(metrics: Metrics, backend: BackendKind): RunMetrics {
  const total = metrics.counter('sandbox_runs_total', 'Programs that came to an end', [
    'backend',
    'language',
    'status',
  ])
  const seconds = metrics.histogram('sandbox_run_seconds', 'Time of a program with the sandbox', [
    'backend',
    'language',
  ])
  return {
    ran(language, status, took) {
      total.inc({ backend, language, status })
      seconds.observe({ backend, language }, took)
    },
    show(runs) {
      metrics.gauge('sandbox_running', 'Programs that run now', () => runs.running)
      metrics.gauge('sandbox_waiting', 'Programs that wait for a place', () => runs.waiting)
    },
  }
}
