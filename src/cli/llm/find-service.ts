import { LLM_POOL } from '../../runtime/llm/index.ts'
import { findReplica } from '../find-replica.ts'
import { resolveSettings } from '../settings.ts'
import { llmClient } from './llm-flags.ts'

const DEFAULT_URL = 'http://127.0.0.1:8001'

export interface FoundService {
  url: string
  apiKey: string | undefined
}

/** The service that the settings name; else the replica with least to do of a Redis that they name; else the default. */
export async function findService(flags: Record<string, unknown>): Promise<FoundService> {
  const { llmUrl, llmApiKey: apiKey } = resolveSettings(llmClient, flags).values
  const url = llmUrl ?? (await findReplica(LLM_POOL, llmClient, flags)) ?? DEFAULT_URL
  return { url, apiKey }
}
