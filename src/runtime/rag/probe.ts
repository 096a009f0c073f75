import type { Probe } from '../platform/probe/index.ts'
import { ANSWER_STREAMS, DOCUMENTS_IN, ENCODER_IN, LLM_IN, queuePrefix, RETRIEVER_IN } from './keys.ts'

const QUEUES = [
  ['encoder', ENCODER_IN],
  ['retriever', RETRIEVER_IN],
  ['generator', LLM_IN],
  ['documents', DOCUMENTS_IN],
] as const

export const ragProbe: Probe = {
  name: 'rag',
  // Answers are chats like any other.
  streams: [{ kind: 'chat', pattern: ANSWER_STREAMS }],
  queues: async (redis) =>
    QUEUES.map(([name, queue]) => ({ name, prefix: queuePrefix(redis.isCluster), queue })),
  latencies: [
    { metric: 'api_gateway_query_latency_seconds', kind: 'query', labels: [] },
    { metric: 'agentctl_rag_stage_seconds', kind: 'stage', labels: ['stage'] },
  ],
}
