import type { Probe } from '../platform/probe/index.ts'

export const orchestratorProbe: Probe = {
  name: 'orchestrator',
  latencies: [{ metric: 'agentctl_orchestrator_reconcile_seconds', kind: 'reconcile', labels: [] }],
}
