import type { OpenClientOptions } from './client/open-client.ts'

export type { LlmAnswer, LlmClient } from './client/client.ts'
export { llmErrors } from './errors.ts'
export { LLM_POOL } from './keys.ts'
export type { GenerateAnswer, GenerateRequest } from './messages.ts'

/** Asks the replicas of the service; see `openLlmClient` in open-client.ts. */
export async function openLlmClient(options: OpenClientOptions) {
  return (await import('./client/open-client.ts')).openLlmClient(options)
}
