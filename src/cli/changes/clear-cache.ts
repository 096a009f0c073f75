import type { CacheHealth, ServiceClient } from '../llm/service-client.ts'
import { type Change, counted } from '../run-change.ts'

/** Removing all cached answers of the LLM service, which all of its replicas share. */
export function clearingCache(client: ServiceClient, url: string): Change<CacheHealth, { removed: number }> {
  return {
    plan: () => client.cacheHealth(),
    what: () => `Remove all cached answers of the LLM service at ${url}`,
    warnings: ({ status, error }) =>
      status === 'ok' ? [] : [status === 'off' ? 'The cache is off.' : `The cache is not reached: ${error}`],
    apply: () => client.clearCache(),
    done: ({ removed }) => `Removed ${counted(removed, 'answer')}.`,
  }
}
