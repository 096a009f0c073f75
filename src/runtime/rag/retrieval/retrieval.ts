import type { Logger } from '../../kernel/index.ts'
import type { RedisClient } from '../../platform/redis/index.ts'
import type { VectorStore } from '../../platform/vectors/index.ts'
import { checkEncoder, collectionOf } from '../documents/collection.ts'
import type { Context } from '../messages.ts'
import { createRetrievalCache } from './retrieval-cache.ts'

export interface Retrieval {
  /** The encoder that made the vector. */
  encoderId: string
  vector: Float32Array
  /** The text of the query. */
  key: string
  /** How many passages are wanted. */
  k: number
  useCache: boolean
}

export interface Retriever {
  /** @throws AgentctlError RAG_ENCODER_CHANGED, VECTORS_UNREACHABLE, VECTORS_FAILED */
  retrieve(request: Retrieval): Promise<{ contexts: Context[]; cached: boolean }>
}

export interface RetrieverOptions {
  store: VectorStore
  redis?: RedisClient | undefined
  /** Milliseconds results are kept; 0 for not at all. */
  ttl: number
  log: Logger
  /** Milliseconds to wait for Redis. */
  patience?: number
}

/** Finds the passages nearest to a query; results are kept until the next write to the collection. */
export function createRetriever({ store, ...options }: RetrieverOptions): Retriever {
  const cache = createRetrievalCache(store.place, options)
  return {
    async retrieve({ encoderId, vector, key, k, useCache }) {
      const slot = await cache.slot(collectionOf(encoderId), key, k)
      const known = useCache ? await slot?.read() : undefined
      if (known) return { contexts: known, cached: true }
      const contexts = await findContexts(store, encoderId, vector, k)
      // Nothing found is not worth keeping: it is asked for again as soon as there are documents.
      if (contexts.length > 0) await slot?.write(contexts)
      return { contexts, cached: false }
    },
  }
}

/**
 * The `k` passages nearest to a vector of an encoder, nearest first.
 * @throws AgentctlError RAG_ENCODER_CHANGED when all documents were stored with another encoder
 */
export async function findContexts(
  store: VectorStore,
  encoderId: string,
  vector: Float32Array,
  k: number,
): Promise<Context[]> {
  const hits = await store.search(collectionOf(encoderId), vector, k)
  if (hits.length === 0) await checkEncoder(store, encoderId)
  return hits.map(({ document, chunk, text, score }) => ({ id: `${document}#${chunk}`, text, score }))
}
