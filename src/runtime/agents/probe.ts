import type { Probe } from '../platform/probe/index.ts'

export const agentsProbe: Probe = {
  name: 'agents',
  latencies: [{ metric: 'agentctl_agent_run_seconds', kind: 'agent', labels: ['agent'] }],
}
