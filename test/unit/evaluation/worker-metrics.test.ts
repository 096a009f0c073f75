import { expect, it } from 'vitest'
import { createWorkerMetrics } from '../../../src/runtime/evaluation/worker/metrics.ts'
import { createMetrics } from '../../../src/runtime/platform/metrics/index.ts'

it('a worker counts the ends that are its own, by how, and how long they took', async () => {
  const metrics = createMetrics()
  const { ended, lost } = createWorkerMetrics(metrics)
  const times = { queued_at: '2026-01-01T00:00:00.000Z', finished_at: '2026-01-01T00:00:02.000Z' }
  const known = { eval_id: 'e1', seq: 1_000, ...times }
  ended({ ...known, status: 'completed', reason: null })
  ended({ ...known, status: 'failed', reason: 'wall_timeout' })
  lost()
  const text = await metrics.text()
  expect(text).toContain('agentctl_evaluations_total{status="completed",reason=""} 1')
  expect(text).toContain('agentctl_evaluations_total{status="failed",reason="wall_timeout"} 1')
  expect(text).toContain('agentctl_evaluation_seconds_sum{status="completed"} 2')
  expect(text).toContain('agentctl_evaluation_attempts_lost_total 1')
})
