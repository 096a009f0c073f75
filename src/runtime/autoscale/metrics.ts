import { createMetrics } from '../platform/metrics/index.ts'
import type { AutoscaleStatus } from './status.ts'

export type Direction = 'up' | 'down' | 'hold'

/** What scaling tells of itself, in the text format of Prometheus. */
export interface AutoscaleMetrics {
  decided(role: string, direction: Direction): void
  text(): Promise<string>
}

export function createAutoscaleMetrics(status: () => readonly AutoscaleStatus[]): AutoscaleMetrics {
  const metrics = createMetrics()
  const decisions = metrics.counter('autoscale_decisions_total', 'What looks at the work came to', [
    'role',
    'direction',
  ])
  const gauge = (name: string, help: string, value: (row: AutoscaleStatus) => number) =>
    metrics.gauges(name, help, ['role'], async () =>
      status().map((row) => [{ role: row.role }, value(row)] as const),
    )
  gauge('autoscale_replicas', 'Replicas there should be', ({ replicas }) => replicas)
  gauge('autoscale_active', '1 while a role is scaled by itself, 0 while by hand', ({ active }) =>
    Number(active),
  )
  return {
    decided: (role, direction) => decisions.inc({ role, direction }),
    text: () => metrics.text(),
  }
}
