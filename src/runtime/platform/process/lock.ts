import { DatabaseSync } from 'node:sqlite'

/**
 * Holds an exclusive lock on a file, or returns undefined when another process holds it. The lock is the
 * kernel's (through SQLite's file locking), so it ends with this process however that ends: there are no
 * stale locks to clean up after a crash.
 */
export function tryLock(path: string): { release(): void } | undefined {
  const database = new DatabaseSync(path)
  try {
    database.exec('PRAGMA busy_timeout = 0; PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE')
  } catch (error) {
    database.close()
    if (/locked|busy/i.test((error as Error).message)) return undefined
    throw error
  }
  return { release: () => database.close() }
}
