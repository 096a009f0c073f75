import { mkdir, open, readdir, rename, rm, writeFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import { messageOf } from '../../kernel/index.ts'
import { run } from '../process/index.ts'
import type { Account } from './account.ts'
import { sqlError } from './errors.ts'
import { passwordOf, versionOf } from './password.ts'
import type { PostgresPrograms } from './programs.ts'

/** Name of our role, and of the database it owns. */
export const ROLE = 'agentctl'

/** What PostgreSQL calls all data of one server. */
export interface Cluster {
  dir: string
  password: string
}

export interface ClusterOptions {
  dir: string
  programs: PostgresPrograms
  account: Account
  /** Need not survive the machine. */
  ephemeral: boolean
}

/**
 * The data in a folder, made when there is none. It is made beside it and then renamed, so that a crash on the way leaves
 * nothing half-made. Its role is no superuser, and its superuser cannot log in.
 * @throws AgentctlError DATABASE_SERVER_FAILED
 */
export async function openCluster(options: ClusterOptions): Promise<Cluster> {
  const { dir, programs } = options
  const version = versionOf(dir)
  if (version === undefined) return createCluster(options)
  const own = (await run(programs.postgres, ['--version'])).match(/\d+/)?.[0]
  if (version !== own)
    throw sqlError('DATABASE_SERVER_FAILED', `${dir} was made by PostgreSQL ${version}, this is ${own}`, {
      fix: 'Start an agentctl with that version and save the data with pg_dump, then move the folder away.',
    })
  return { dir, password: await passwordOf(dir) }
}

async function createCluster(options: ClusterOptions): Promise<Cluster> {
  const { dir, account } = options
  const found = await readdir(dir).catch(() => [])
  if (found.length > 0)
    throw sqlError('DATABASE_SERVER_FAILED', `${dir} is not empty, and no data of PostgreSQL`, {
      fix: 'Move it away.',
    })
  const [fresh, password] = [`${dir}.new`, await passwordOf(dir)]
  await rm(fresh, { recursive: true, force: true })
  await mkdir(fresh, { recursive: true, mode: 0o700 })
  await account.own(fresh)
  try {
    await initialize(fresh, password, options)
  } catch (cause) {
    throw sqlError('DATABASE_SERVER_FAILED', `${dir} could not be made: ${messageOf(cause)}`, { cause })
  }
  await rename(fresh, dir)
  await syncFolder(dirname(dir))
  return { dir, password }
}

/** The same order and rules for text on every machine. */
const TEXT = ['--encoding=UTF8', '--locale-provider=builtin', '--locale=C.UTF-8']
/** Only with a password over the network; there is no socket in the file system, which `peer` would be for. */
const ACCESS = ['--auth-host=scram-sha-256', '--auth-local=peer']

async function initialize(dir: string, password: string, options: ClusterOptions): Promise<void> {
  const { programs, account, ephemeral } = options
  const sync = ephemeral ? ['--no-sync'] : []
  await run(
    ...account.as(programs.initdb, [
      '-D',
      dir,
      '-U',
      'postgres',
      ...TEXT,
      ...ACCESS,
      ...sync,
      '--no-instructions',
    ]),
  )
  await account.own(dir)
  // A server of one user, without network, that reads statements line by line.
  const sql = `${dir}.sql`
  await writeFile(sql, statements(password), { mode: 0o600 })
  try {
    const [file, args] = account.as(programs.postgres, [
      ...['--single', '-D', dir],
      // Otherwise it would go on after a statement that has failed, and say nothing of it in the end.
      ...[
        '-c',
        'exit_on_error=on',
        '-c',
        'log_min_messages=fatal',
        '-c',
        `fsync=${ephemeral ? 'off' : 'on'}`,
      ],
      'postgres',
    ])
    await run('/bin/sh', ['-c', 'sql=$1; shift; exec "$@" <"$sql"', 'sh', sql, file, ...args])
  } finally {
    await rm(sql, { force: true })
  }
}

const statements = (password: string) =>
  [
    `CREATE ROLE ${ROLE} LOGIN CREATEDB PASSWORD '${password}';`,
    `CREATE DATABASE ${ROLE} OWNER ${ROLE};`,
    '',
  ].join('\n')

async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r')
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}
