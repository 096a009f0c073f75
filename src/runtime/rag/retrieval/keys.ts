import { createHash } from 'node:crypto'

const digest = (text: string) => createHash('sha256').update(text).digest('hex')

/** The vector of a query: 32-bit floats, little-endian. */
export const embeddingKey = (encoder: string, text: string) => `rag:embedding:${encoder}:${digest(text)}`

/** JSON of the passages found for a query in this store, as long as the collection has this version. */
export const retrievalKey = (place: string, collection: string, version: string, query: string, k: number) =>
  `rag:retrieval:${collection}:${version}:${digest(JSON.stringify([place, query, k]))}`

/** Counts the writes of a collection. */
export const versionKey = (collection: string) => `rag:version:${collection}`
