import type { DatabaseSync, StatementSync } from 'node:sqlite'

const prepared = new WeakMap<DatabaseSync, Map<string, StatementSync>>()

/** A statement that is compiled once for each database; SQLite itself compiles it anew when the schema has changed. */
export function statement(database: DatabaseSync, sql: string): StatementSync {
  const known = prepared.get(database) ?? new Map<string, StatementSync>()
  prepared.set(database, known)
  const found = known.get(sql)
  if (found) return found
  const made = database.prepare(sql)
  known.set(sql, made)
  return made
}
