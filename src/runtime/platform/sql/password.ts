import { randomBytes } from 'node:crypto'
import { existsSync, readFileSync, statSync } from 'node:fs'
import { mkdir, open, readFile, rename } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { messageOf } from '../../kernel/index.ts'
import { sqlError } from './errors.ts'

/** Major version that made the data in a folder; undefined when there is none. */
export function versionOf(dir: string): string | undefined {
  const file = join(dir, 'PG_VERSION')
  return existsSync(file) ? readFileSync(file, 'utf8').trim() : undefined
}

/** Beside the data, which may belong to another user: this file is ours alone. */
const passwordFile = (dir: string) => `${dir}.password`

/**
 * The password of the data in a folder, made up when there is no data yet: it is known before there is a server.
 * @throws AgentctlError DATABASE_SERVER_FAILED when there is data, but no password
 */
export async function passwordOf(dir: string): Promise<string> {
  const file = passwordFile(dir)
  try {
    // A full disk, or a machine that has crashed, may have left an empty one.
    const known = existsSync(file) && statSync(file).size > 0
    if (!known && versionOf(dir) === undefined) await writePassword(file)
    const password = (await readFile(file, 'utf8')).trim()
    if (password === '') throw new Error(`${file} is empty`)
    return password
  } catch (cause) {
    throw sqlError('DATABASE_SERVER_FAILED', `the password of ${dir} cannot be read: ${messageOf(cause)}`, {
      cause,
      fix: `Put back ${file}, or move ${dir} away to begin without data.`,
    })
  }
}

/** In one step, and on disk before there is any data that it is for. */
async function writePassword(file: string): Promise<void> {
  await mkdir(dirname(file), { recursive: true, mode: 0o700 })
  const handle = await open(`${file}.new`, 'w', 0o600)
  try {
    await handle.writeFile(`${randomBytes(24).toString('base64url')}\n`)
    await handle.sync()
  } finally {
    await handle.close()
  }
  await rename(`${file}.new`, file)
}
