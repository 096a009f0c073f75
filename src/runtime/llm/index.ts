import type { LlmClientOptions } from './client/client.ts'
import type { OpenClientOptions } from './client/open-client.ts'

export type { LlmAnswer, LlmClient } from './client/client.ts'
export { llmError, llmErrors } from './errors.ts'
export { LLM_POOL } from './keys.ts'
export type { GenerateAnswer, GenerateRequest } from './messages.ts'

/** Asks the replicas of the service; see `openLlmClient` in open-client.ts. */
export async function openLlmClient(options: OpenClientOptions) {
  return (await import('./client/open-client.ts')).openLlmClient(options)
}

/** The same by way of replicas that are found elsewhere; see `createLlmClient` in client.ts. */
export async function createLlmClient(options: LlmClientOptions) {
  return (await import('./client/client.ts')).createLlmClient(options)
}
