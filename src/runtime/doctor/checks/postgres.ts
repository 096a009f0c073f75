import { AgentctlError, maskUrl, messageOf } from '../../kernel/index.ts'
import { type Check, type DoctorContext, fail, info, ok, type Remark, warn } from '../check.ts'

export const postgres: Check = {
  name: 'postgres',
  area: 'postgres',
  title: 'PostgreSQL',
  run: look,
}

async function look({ databaseUrl }: DoctorContext): Promise<Remark[]> {
  if (databaseUrl === undefined)
    return [ok('No PostgreSQL is configured: `agentctl serve` brings one along where a role needs it')]
  const [{ openDatabase, sql }, { createLogger }] = await Promise.all([
    import('../../platform/sql/index.ts'),
    import('../../platform/log/index.ts'),
  ])
  const log = createLogger({ level: 'silent', bindings: {} })
  let database: ReturnType<typeof openDatabase<never>> | undefined
  try {
    database = openDatabase<never>({ url: databaseUrl, name: 'doctor', max: 1, timeout: 5_000, log })
    await database.ping()
    const { db } = database
    const facts = await sql<{ version: string; used: number; most: number; bytes: string; standby: boolean }>`
      SELECT current_setting('server_version') AS version,
        (SELECT count(*)::int FROM pg_stat_activity WHERE backend_type = 'client backend') AS used,
        current_setting('max_connections')::int AS most,
        pg_database_size(current_database())::text AS bytes,
        pg_is_in_recovery() AS standby`.execute(db)
    const done = await Promise.all(
      (await known()).map(async ({ room, names }) => {
        const table = `agentctl_migrations_${room}`
        const there = await sql<{
          there: boolean
        }>`SELECT to_regclass(${table}) IS NOT NULL AS there`.execute(db)
        if (!there.rows[0]?.there) return { room, names, done: undefined }
        const rows = await sql<{ name: string }>`SELECT name FROM ${sql.table(table)}`.execute(db)
        return { room, names, done: rows.rows.map(({ name }) => name) }
      }),
    )
    const [row] = facts.rows
    return [...(row === undefined ? [] : judgeServer(row, databaseUrl)), ...done.flatMap(judgeMigrations)]
  } catch (error) {
    const fix = error instanceof AgentctlError ? error.fix : 'Point DATABASE_URL at a running PostgreSQL'
    return [
      fail(
        `PostgreSQL cannot be used: ${messageOf(error)}`,
        'Evaluations are not stored, and campaigns do not work.',
        fix,
      ),
    ]
  } finally {
    await database?.close()
  }
}

async function known() {
  const rooms = await Promise.all([import('../../storage/index.ts'), import('../../campaigns/index.ts')])
  return Promise.all(rooms.map(({ knownMigrations }) => knownMigrations()))
}

interface ServerFacts {
  version: string
  used: number
  most: number
  bytes: string
  standby: boolean
}

export function judgeServer({ version, used, most, bytes, standby }: ServerFacts, url: string): Remark[] {
  const major = Number.parseInt(version, 10)
  const remarks: Remark[] = []
  if (major < 14)
    remarks.push(
      warn(
        `PostgreSQL ${version} is older than 14`,
        'agentctl is not tested with it, and nobody mends it any more.',
        'Move to a newer one',
      ),
    )
  if (standby)
    remarks.push(fail('PostgreSQL is a standby', 'It refuses writes.', 'Point DATABASE_URL at the primary'))
  if (used >= most * 0.8)
    remarks.push(
      warn(
        `PostgreSQL has ${used} of ${most} possible connections`,
        'Further roles cannot connect.',
        'Raise max_connections, or run fewer replicas',
      ),
    )
  if (remarks.length > 0) return remarks
  return [
    ok(
      `PostgreSQL ${version} at ${maskUrl(url)}, ${Math.round(Number(bytes) / 1024 ** 2)} MB, ${used} of ${most} connections`,
    ),
  ]
}

/** @param done undefined where the room has no tables yet */
export function judgeMigrations({
  room,
  names,
  done,
}: {
  room: string
  names: readonly string[]
  done: readonly string[] | undefined
}): Remark[] {
  if (done === undefined)
    return [info(`There are no tables of ${room} yet`, 'The first start of its role makes them.')]
  const missing = names.filter((name) => !done.includes(name))
  const newer = done.filter((name) => !names.includes(name))
  if (newer.length > 0)
    return [
      warn(
        `The tables of ${room} are of a newer version: ${newer.join(', ')}`,
        'This version does not know what they have become.',
        'Update agentctl on this machine',
      ),
    ]
  if (missing.length > 0)
    return [
      warn(
        `The tables of ${room} are of an older version: ${missing.join(', ')} ${missing.length === 1 ? 'is' : 'are'} missing`,
        'The next start of its role brings them up to date.',
        '`agentctl restart storage`, `agentctl restart campaigns`',
      ),
    ]
  return [ok(`The tables of ${room} are up to date`)]
}
