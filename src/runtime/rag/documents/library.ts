import { createHash } from 'node:crypto'
import type { Logger } from '../../kernel/index.ts'
import type { RedisClient } from '../../platform/redis/index.ts'
import type { DocumentInfo, VectorStore } from '../../platform/vectors/index.ts'
import type { Encoder } from '../encoders/encoder.ts'
import type { Context, Ingested, NewDocument } from '../messages.ts'
import { findContexts } from '../retrieval/retrieval.ts'
import { invalidateRetrievals } from '../retrieval/retrieval-cache.ts'
import { CHUNKER_VERSION, chunksOf } from './chunks.ts'
import { collectionOf } from './collection.ts'

/** Passages that are encoded together; a document with more of them is encoded by itself. */
const PASSAGES_AT_ONCE = 128

export interface LibraryOptions {
  store: VectorStore
  encoder: Encoder
  /** Where retrieval results are cached; see `createRetriever`. */
  redis?: RedisClient | undefined
  log: Logger
}

export interface AddOptions {
  signal?: AbortSignal
  /** An attempt before this one was cut short: what it has stored need not be known to the cache of retrievals. */
  again?: boolean
  /** Called when a document is stored, or found to be so already. */
  onProgress?: (progress: { done: number; total: number; document: Ingested }) => void
}

/** The documents that queries are answered from. Every method throws VECTORS_UNREACHABLE and VECTORS_FAILED. */
export interface Library {
  /** Name of the collection that the documents are in. */
  readonly collection: string
  /**
   * Stores documents, one after another and each as a whole. One that is there already with the same text, metadata, encoder
   * and way of cutting costs nothing. When it fails, those before are stored; adding all again continues where it ended.
   * @throws AgentctlError RAG_ENCODER_FAILED
   */
  add(documents: readonly NewDocument[], options?: AddOptions): Promise<Ingested[]>
  get(id: string): Promise<DocumentInfo | undefined>
  /** By id, `limit` at most, those after `after`. */
  list(limit: number, after?: string): Promise<DocumentInfo[]>
  /** False when there was none, unless an attempt `again` may have removed it before. */
  remove(id: string, again?: boolean): Promise<boolean>
  /**
   * The `k` passages nearest to a vector of this encoder.
   * @throws AgentctlError RAG_ENCODER_CHANGED when all documents were stored with another encoder
   */
  search(vector: Float32Array, k: number): Promise<Context[]>
}

interface Pending {
  place: number
  id: string
  hash: string
  metadata: NewDocument['metadata']
  texts: string[]
  status: 'added' | 'replaced'
}

export function createLibrary({ store, encoder, redis, log }: LibraryOptions): Library {
  const collection = collectionOf(encoder.id)

  async function add(documents: readonly NewDocument[], options: AddOptions = {}): Promise<Ingested[]> {
    const { signal, again, onProgress } = options
    if (again) await invalidateRetrievals(redis, collection, log)
    const results: Ingested[] = []
    let done = 0
    let pending: Pending[] = []

    const finish = (place: number, document: Ingested) => {
      results[place] = document
      done++
      onProgress?.({ done, total: documents.length, document })
    }
    const flush = async () => {
      const batch = pending
      pending = []
      await storeAll(batch, finish, signal)
    }

    for (const [place, document] of documents.entries()) {
      signal?.throwIfAborted()
      const id = document.id ?? digest(document.text).slice(0, 24)
      // The same id twice: the earlier one must be there before the later one is compared with it.
      if (pending.some((earlier) => earlier.id === id)) await flush()
      const hash = hashOf(document, encoder.id)
      const known = await store.get(collection, id)
      if (known?.hash === hash) {
        finish(place, { id, chunks: known.chunks, status: 'unchanged' })
        continue
      }
      const texts = chunksOf(document.text).map(({ text }) => text)
      const status = known ? 'replaced' : 'added'
      pending.push({ place, id, hash, metadata: document.metadata, texts, status })
      if (countOf(pending) >= PASSAGES_AT_ONCE) await flush()
    }
    await flush()
    return results
  }

  async function storeAll(
    pending: readonly Pending[],
    stored: (place: number, document: Ingested) => void,
    signal?: AbortSignal,
  ): Promise<void> {
    if (pending.length === 0) return
    const all = pending.flatMap(({ texts }) => texts)
    const vectors = await encoder.encode(all, signal)
    let next = 0
    for (const { place, id, hash, metadata, texts, status } of pending) {
      signal?.throwIfAborted()
      const chunks = texts.map((text) => ({ text, vector: vectors[next++] as Float32Array }))
      await store.put(collection, encoder.dimension, { id, hash, metadata, chunks })
      await invalidateRetrievals(redis, collection, log)
      stored(place, { id, chunks: chunks.length, status })
    }
  }

  return {
    collection,
    add,
    get: (id) => store.get(collection, id),
    list: (limit, after) => store.list(collection, limit, after),
    async remove(id, again = false) {
      const removed = (await store.remove(collection, id)) || again
      if (removed) await invalidateRetrievals(redis, collection, log)
      return removed
    },
    search: (vector, k) => findContexts(store, encoder.id, vector, k),
  }
}

const digest = (text: string) => createHash('sha256').update(text).digest('hex')

/** Of everything that decides what is stored. */
function hashOf({ text, metadata }: NewDocument, encoder: string): string {
  return digest(JSON.stringify([text, metadata, encoder, CHUNKER_VERSION]))
}

function countOf(pending: readonly Pending[]): number {
  return pending.reduce((sum, { texts }) => sum + texts.length, 0)
}
