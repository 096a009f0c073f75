import type { Kysely } from 'kysely'
import { type Migration, Migrator } from 'kysely/migration'

/** Changes of a schema by name. They are made in the order of their names, each once. */
export type Migrations = Readonly<Record<string, Migration>>

/**
 * Brings the tables of a room up to date; returns the names of what was done. Any number of processes may do so at once: one
 * works, under a lock of the server, and the others wait. All is done or nothing.
 * @param room what has been done is noted in the table `agentctl_migrations_ROOM`
 * @throws what the database says; its tables are then as before
 */
export async function migrateDatabase<DB>(
  db: Kysely<DB>,
  room: string,
  migrations: Migrations,
): Promise<string[]> {
  const migrator = new Migrator({
    db,
    provider: { getMigrations: async () => ({ ...migrations }) },
    migrationTableName: `agentctl_migrations_${room}`,
    migrationLockTableName: `agentctl_migrations_${room}_lock`,
  })
  const { error, results = [] } = await migrator.migrateToLatest()
  if (error !== undefined) throw error
  return results.filter(({ status }) => status === 'Success').map(({ migrationName }) => migrationName)
}
