import type { DatabaseSync } from 'node:sqlite'
import { vectorTable } from './schema.ts'
import { bytesOf, collectionOf } from './sqlite-reads.ts'
import { statement } from './statements.ts'
import type { StoredDocument } from './store.ts'

// All of this runs within one transaction of the caller.

export function putDocument(
  database: DatabaseSync,
  collection: string,
  dimension: number,
  document: StoredDocument,
  now: string,
): void {
  const number = ensureCollection(database, collection, dimension)
  deleteDocument(database, collection, document.id)
  const { id, hash, metadata, chunks } = document
  const { lastInsertRowid } = statement(
    database,
    'INSERT INTO documents (collection, id, hash, metadata, chunks, stored_at) VALUES (?, ?, ?, ?, ?, ?)',
  ).run(number, id, hash, JSON.stringify(metadata), chunks.length, now)
  const insertChunk = statement(database, 'INSERT INTO chunks (document, position, text) VALUES (?, ?, ?)')
  const insertVector = statement(
    database,
    `INSERT INTO ${vectorTable(number)} (rowid, embedding) VALUES (?, ?)`,
  )
  for (const [position, { text, vector }] of chunks.entries()) {
    const chunk = insertChunk.run(lastInsertRowid, position, text).lastInsertRowid
    // A plain number would be bound as a float, which a rowid of vec0 does not accept.
    insertVector.run(BigInt(chunk), bytesOf(vector))
  }
}

/** Its number; made when there is none. */
function ensureCollection(database: DatabaseSync, name: string, dimension: number): number {
  const found = collectionOf(database, name)
  if (found && found.dimension !== dimension) {
    throw new Error(`collection ${name} holds vectors of dimension ${found.dimension}, not ${dimension}`)
  }
  if (found) return found.number
  const number = Number(
    statement(database, 'INSERT INTO collections (name, dimension) VALUES (?, ?)').run(name, dimension)
      .lastInsertRowid,
  )
  database.exec(
    `CREATE VIRTUAL TABLE ${vectorTable(number)} USING vec0(embedding float[${dimension}] distance_metric=cosine)`,
  )
  return number
}

export function deleteDocument(database: DatabaseSync, collection: string, id: string): boolean {
  const found = collectionOf(database, collection)
  if (!found) return false
  const document = statement(database, 'SELECT number FROM documents WHERE collection = ? AND id = ?').get(
    found.number,
    id,
  )
  if (!document) return false
  const { number } = document as { number: number }
  const removeVector = statement(database, `DELETE FROM ${vectorTable(found.number)} WHERE rowid = ?`)
  for (const chunk of statement(database, 'SELECT number FROM chunks WHERE document = ?').all(number)) {
    removeVector.run(BigInt(chunk.number as number))
  }
  statement(database, 'DELETE FROM chunks WHERE document = ?').run(number)
  statement(database, 'DELETE FROM documents WHERE number = ?').run(number)
  return true
}
