import type { Probe } from '../platform/probe/index.ts'
import { EXECUTOR_POOL, OUTPUT_STREAMS, QUEUE, QUEUE_PREFIX } from './keys.ts'

export const evaluationProbe: Probe = {
  name: 'evaluation',
  streams: [{ kind: 'output', pattern: OUTPUT_STREAMS }],
  queues: async () => [{ name: 'eval', prefix: QUEUE_PREFIX, queue: QUEUE }],
  pools: [EXECUTOR_POOL],
  latencies: [
    { metric: 'agentctl_evaluation_seconds', kind: 'eval', labels: ['status'] },
    { metric: 'agentctl_sandbox_run_seconds', kind: 'sandbox', labels: ['backend', 'language'] },
  ],
}
