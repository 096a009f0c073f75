import type { Logger } from '../../kernel/index.ts'
import type { VectorStore } from './store.ts'

export { vectorsErrors } from './errors.ts'
export type * from './store.ts'

export interface VectorStoreOptions {
  /** Qdrant to use; without it the vectors are in the file `path`. */
  qdrantUrl?: string | undefined
  qdrantApiKey?: string | undefined
  /** File of the embedded store; it and its folder come into being. */
  path: string
  log: Logger
}

/**
 * Opens the configured vector store. Only the driver that is needed is loaded.
 * @throws AgentctlError VECTORS_FAILED when the file cannot be used, VECTORS_URL_INVALID; a Qdrant that is away is noticed by
 * the first call, so that a program may start before it
 */
export async function openVectorStore(options: VectorStoreOptions): Promise<VectorStore> {
  const { qdrantUrl, qdrantApiKey, path, log } = options
  if (qdrantUrl === undefined) return (await import('./sqlite.ts')).openSqliteStore({ path })
  return (await import('./qdrant.ts')).openQdrantStore({ url: qdrantUrl, apiKey: qdrantApiKey, log })
}
