import type { DatabaseSync } from 'node:sqlite'

/** Marks a file as ours ("agvs"), so that the database of another program is never written to. */
const APPLICATION = 0x61677673

/** Each entry takes the schema one version further; `user_version` counts how many have run. Only append to it. */
const MIGRATIONS = [
  `CREATE TABLE collections (
     number INTEGER PRIMARY KEY,
     name TEXT NOT NULL UNIQUE,
     dimension INTEGER NOT NULL
   ) STRICT;
   CREATE TABLE documents (
     number INTEGER PRIMARY KEY,
     collection INTEGER NOT NULL REFERENCES collections(number),
     id TEXT NOT NULL,
     hash TEXT NOT NULL,
     metadata TEXT NOT NULL,
     chunks INTEGER NOT NULL,
     stored_at TEXT NOT NULL,
     UNIQUE (collection, id)
   ) STRICT;
   CREATE TABLE chunks (
     number INTEGER PRIMARY KEY,
     document INTEGER NOT NULL REFERENCES documents(number),
     position INTEGER NOT NULL,
     text TEXT NOT NULL,
     UNIQUE (document, position)
   ) STRICT`,
]

/** The vectors of a collection; their rowids are the numbers of its chunks. */
export const vectorTable = (collection: number) => `vectors_${collection}`

/**
 * Brings a file to the present schema, in one transaction: of several processes that open it at once, one does it.
 * @throws Error when the file is not one of ours
 */
export function migrate(database: DatabaseSync): void {
  checkHeader(database)
  if (read(database, 'user_version') === MIGRATIONS.length) return
  database.exec('BEGIN IMMEDIATE')
  try {
    checkHeader(database)
    const version = read(database, 'user_version')
    for (const step of MIGRATIONS.slice(version)) database.exec(step)
    database.exec(`PRAGMA application_id = ${APPLICATION}; PRAGMA user_version = ${MIGRATIONS.length}`)
    database.exec('COMMIT')
  } catch (error) {
    database.exec('ROLLBACK')
    throw error
  }
}

function checkHeader(database: DatabaseSync): void {
  const tables = database.prepare('SELECT count(*) AS n FROM sqlite_schema').get() as { n: number }
  const application = read(database, 'application_id')
  if (application !== APPLICATION && (application !== 0 || tables.n > 0)) {
    throw new Error('this SQLite database belongs to another program')
  }
  const version = read(database, 'user_version')
  if (version > MIGRATIONS.length) {
    throw new Error(
      `written by a newer agentctl (schema ${version}, this one knows ${MIGRATIONS.length}): update agentctl`,
    )
  }
}

function read(database: DatabaseSync, pragma: string): number {
  return Object.values(database.prepare(`PRAGMA ${pragma}`).get() ?? {})[0] as number
}
