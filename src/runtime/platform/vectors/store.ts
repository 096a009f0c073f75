/** A piece of a document with the vector that stands for it. */
export interface Chunk {
  text: string
  vector: Float32Array
}

/** A document as it is stored, with its pieces in order. */
export interface StoredDocument {
  id: string
  /** Digest of everything that decides whether it has to be stored again. */
  hash: string
  metadata: Readonly<Record<string, unknown>>
  chunks: readonly Chunk[]
}

/** What is known of a document without its pieces. */
export interface DocumentInfo {
  id: string
  hash: string
  metadata: Readonly<Record<string, unknown>>
  chunks: number
  /** ISO 8601, UTC. */
  stored_at: string
}

export interface Hit {
  /** Of the document. */
  document: string
  /** Position of the piece in its document, from 0. */
  chunk: number
  text: string
  metadata: Readonly<Record<string, unknown>>
  /** Cosine similarity, −1 to 1; higher is nearer. */
  score: number
}

export interface CollectionInfo {
  name: string
  dimension: number
  documents: number
  chunks: number
}

/**
 * Keeps documents in collections and finds those nearest to a vector (cosine). A collection comes into being with its first
 * document; reading one that does not exist finds nothing. What was put is found by the next search of any process.
 * @throws AgentctlError VECTORS_UNREACHABLE, VECTORS_FAILED from every method
 */
export interface VectorStore {
  /** For people: where the data is. */
  readonly place: string
  /** Stores a document, or replaces the one of the same id as a whole: nobody ever sees half of each. */
  put(collection: string, dimension: number, document: StoredDocument): Promise<void>
  /** False when there was none. */
  remove(collection: string, id: string): Promise<boolean>
  get(collection: string, id: string): Promise<DocumentInfo | undefined>
  /** By id, `limit` at most, those after `after`. */
  list(collection: string, limit: number, after?: string): Promise<DocumentInfo[]>
  /** The `limit` nearest pieces, nearest first. */
  search(collection: string, vector: Float32Array, limit: number): Promise<Hit[]>
  collections(): Promise<CollectionInfo[]>
  ping(): Promise<void>
  close(): Promise<void>
}
