import { mkdirSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { setTimeout as pause } from 'node:timers/promises'
import * as sqliteVec from 'sqlite-vec'
import { vectorsFailure } from './errors.ts'
import { migrate } from './schema.ts'
import { findNearest, listDocuments, readCollections, readDocument } from './sqlite-reads.ts'
import { deleteDocument, putDocument } from './sqlite-writes.ts'
import { statement } from './statements.ts'
import type { VectorStore } from './store.ts'

export interface SqliteOptions {
  path: string
  /** Milliseconds a call may wait for the writes of other processes. */
  patience?: number
}

/** Milliseconds SQLite itself waits for a lock; it blocks the event loop meanwhile, so the longer wait is ours. */
const BLOCKING_WAIT = 50
/** Milliseconds between two attempts. */
const PAUSE = 20

/**
 * Opens the embedded store: one SQLite file with the sqlite-vec extension, shared by any number of processes of one machine.
 *
 * Writes are one transaction each and on disk when they resolve. Search is exact (every vector is compared). Both run on
 * the thread that calls them: 50,000 vectors of dimension 384 take about 40 ms to search, a document of 1,000 pieces about
 * 50 ms to write. For much more than that use Qdrant.
 * @throws AgentctlError VECTORS_FAILED naming the file and the cause
 */
export async function openSqliteStore({ path, patience = 10_000 }: SqliteOptions): Promise<VectorStore> {
  const place = resolve(path)
  const database = await wrap(() => open(place))

  /** Runs a step; where others hold the lock it is tried again without blocking the event loop. */
  async function wrap<T>(step: () => T): Promise<T> {
    const until = performance.now() + patience
    for (;;) {
      try {
        return step()
      } catch (error) {
        if (!isBusy(error) || performance.now() > until) throw vectorsFailure(place, error)
        await pause(PAUSE)
      }
    }
  }

  function transaction<T>(step: () => T): Promise<T> {
    return wrap(() => {
      database.exec('BEGIN IMMEDIATE')
      try {
        const result = step()
        database.exec('COMMIT')
        return result
      } catch (error) {
        if (database.isTransaction) database.exec('ROLLBACK')
        throw error
      }
    })
  }

  return {
    place,
    put: (collection, dimension, document) =>
      transaction(() => putDocument(database, collection, dimension, document, new Date().toISOString())),
    remove: (collection, id) => transaction(() => deleteDocument(database, collection, id)),
    get: (collection, id) => wrap(() => readDocument(database, collection, id)),
    list: (collection, limit, after = '') => wrap(() => listDocuments(database, collection, limit, after)),
    search: (collection, vector, limit) => wrap(() => findNearest(database, collection, vector, limit)),
    collections: () => wrap(() => readCollections(database)),
    ping: () =>
      wrap(() => {
        statement(database, 'SELECT count(*) FROM collections').get()
      }),
    async close() {
      if (database.isOpen) database.close()
    },
  }
}

function open(path: string): DatabaseSync {
  mkdirSync(dirname(path), { recursive: true })
  const database = new DatabaseSync(path, { allowExtension: true, timeout: BLOCKING_WAIT })
  try {
    sqliteVec.load(database)
    database.enableLoadExtension(false)
    migrate(database)
    // FULL: what was acknowledged outlives a power cut. A read-only file fails here, not at the first write.
    database.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON')
    database.exec('BEGIN IMMEDIATE; ROLLBACK')
    return database
  } catch (error) {
    database.close()
    throw error
  }
}

/** SQLITE_BUSY or SQLITE_LOCKED, in whatever variety. */
function isBusy(error: unknown): boolean {
  const code = (error as { errcode?: unknown }).errcode
  return typeof code === 'number' && [5, 6].includes(code & 0xff)
}
