import type { Probe } from '../platform/probe/index.ts'
import { LLM_POOL } from './keys.ts'

export const llmProbe: Probe = {
  name: 'llm',
  pools: [LLM_POOL],
  latencies: [
    { metric: 'agentctl_llm_request_seconds', kind: 'llm', labels: ['provider'] },
    { metric: 'agentctl_llm_first_token_seconds', kind: 'first token', labels: ['provider'] },
    { metric: 'agentctl_llm_attempt_seconds', kind: 'llm call', labels: ['provider'] },
  ],
}
