import type { Probe } from '../platform/probe/index.ts'

export const storageProbe: Probe = {
  name: 'storage',
  latencies: [
    { metric: 'agentctl_storage_batch_seconds', kind: 'storage', labels: [] },
    { metric: 'agentctl_storage_lag_seconds', kind: 'storage lag', labels: [] },
  ],
}
