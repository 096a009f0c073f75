import type { DatabaseSync } from 'node:sqlite'
import { vectorTable } from './schema.ts'
import { statement } from './statements.ts'
import type { CollectionInfo, DocumentInfo, Hit } from './store.ts'

/** sqlite-vec answers no more neighbours than this at once. */
const MOST = 4_096

export function collectionOf(
  database: DatabaseSync,
  name: string,
): { number: number; dimension: number } | undefined {
  return statement(database, 'SELECT number, dimension FROM collections WHERE name = ?').get(name) as
    | { number: number; dimension: number }
    | undefined
}

interface DocumentRow {
  id: string
  hash: string
  metadata: string
  chunks: number
  stored_at: string
}

const DOCUMENT = `SELECT d.id, d.hash, d.metadata, d.chunks, d.stored_at
  FROM documents d JOIN collections c ON c.number = d.collection WHERE c.name = ?`

export function readDocument(
  database: DatabaseSync,
  collection: string,
  id: string,
): DocumentInfo | undefined {
  const row = statement(database, `${DOCUMENT} AND d.id = ?`).get(collection, id)
  return row && toInfo(row as unknown as DocumentRow)
}

export function listDocuments(
  database: DatabaseSync,
  collection: string,
  limit: number,
  after: string,
): DocumentInfo[] {
  const rows = statement(database, `${DOCUMENT} AND d.id > ? ORDER BY d.id LIMIT ?`).all(
    collection,
    after,
    limit,
  )
  return rows.map((row) => toInfo(row as unknown as DocumentRow))
}

function toInfo(row: DocumentRow): DocumentInfo {
  return { ...row, metadata: JSON.parse(row.metadata) }
}

export function findNearest(
  database: DatabaseSync,
  collection: string,
  vector: Float32Array,
  limit: number,
): Hit[] {
  const found = collectionOf(database, collection)
  if (!found || limit < 1) return []
  // One statement is one snapshot: a document that is being replaced is seen as it was or as it is, never in between.
  const rows = statement(
    database,
    `WITH nearest AS (
         SELECT rowid AS number, distance FROM ${vectorTable(found.number)} WHERE embedding MATCH ? AND k = ?
       )
       SELECT d.id AS document, k.position AS chunk, k.text, d.metadata, n.distance
       FROM nearest n JOIN chunks k ON k.number = n.number JOIN documents d ON d.number = k.document
       ORDER BY n.distance, d.id, k.position`,
  ).all(bytesOf(vector), Math.min(limit, MOST)) as unknown as (Omit<Hit, 'score' | 'metadata'> & {
    metadata: string
    distance: number | null
  })[]
  return rows.map(({ distance, metadata, ...hit }) => ({
    ...hit,
    metadata: JSON.parse(metadata),
    score: distance === null ? 0 : 1 - distance,
  }))
}

export function readCollections(database: DatabaseSync): CollectionInfo[] {
  return statement(
    database,
    `SELECT c.name, c.dimension, count(d.number) AS documents, coalesce(sum(d.chunks), 0) AS chunks
       FROM collections c LEFT JOIN documents d ON d.collection = c.number GROUP BY c.number ORDER BY c.name`,
  )
    .all()
    .map((row) => ({ ...row }) as unknown as CollectionInfo)
}

/** The vector as sqlite-vec takes it: 32-bit floats, little-endian, as every processor that runs Node has them. */
export function bytesOf(vector: Float32Array): Uint8Array {
  return new Uint8Array(vector.buffer, vector.byteOffset, vector.byteLength)
}
