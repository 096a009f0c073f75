import { balancerErrors } from './balancer/index.ts'
import { busErrors } from './bus/index.ts'
import { chatErrors } from './chat/index.ts'
import { inspectErrors } from './inspect/index.ts'
import { type ErrorTable, kernelErrors } from './kernel/index.ts'
import { llmErrors } from './llm/index.ts'
import { httpErrors } from './platform/http/index.ts'
import { redisErrors } from './platform/redis/index.ts'
import { vectorsErrors } from './platform/vectors/index.ts'
import { ragErrors } from './rag/index.ts'
import { supervisorErrors } from './supervisor/index.ts'

/** Every error a user can see, by room. docs/errors.md lists the same; a test compares them. */
export const errorTables: Readonly<Record<string, ErrorTable>> = {
  general: kernelErrors,
  http: httpErrors,
  redis: redisErrors,
  chat: chatErrors,
  events: busErrors,
  serve: supervisorErrors,
  inspect: inspectErrors,
  llm: llmErrors,
  balancer: balancerErrors,
  rag: ragErrors,
  vectors: vectorsErrors,
}
