import { rm, writeFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import { promisify } from 'node:util'
import { gzip } from 'node:zlib'
import { readContexts } from '../../contexts/index.ts'
import { messageOf, readProjectFile, type Values } from '../../kernel/index.ts'
import type { DoctorContext } from '../check.ts'
import { doctorError } from '../errors.ts'
import { collect, type Subject } from './collect.ts'
import { maskText, secretValues } from './mask.ts'
import { createArchive } from './ustar.ts'

/** Folder that everything unpacks into. */
const FOLDER = 'agentctl-bundle'

/**
 * Writes everything that helps to understand a bug into a `.tar.gz`, with the secrets masked, and returns its absolute path.
 * @throws AgentctlError BUNDLE_NOT_WRITTEN also where the file exists
 */
export async function writeBundle(file: string, subject: Subject): Promise<string> {
  const { context } = subject
  const secrets = secretValues(context.env, context.schemas, layersOf(context))
  const files = (await collect(subject)).map(({ path, text }) => ({
    path: `${FOLDER}/${path}`,
    text: maskText(text, secrets),
  }))
  const archive = await promisify(gzip)(createArchive(files, context.now() / 1_000))
  const path = resolve(context.cwd, file)
  try {
    await writeFile(path, archive, { flag: 'wx', mode: 0o600 })
  } catch (cause) {
    // Half of it is no use, and would be in the way of the next.
    if ((cause as NodeJS.ErrnoException).code !== 'EEXIST') await rm(path, { force: true })
    throw doctorError('BUNDLE_NOT_WRITTEN', messageOf(cause), { cause, field: 'bundle' })
  }
  return path
}

/** Everything with settings in it: also contexts that are not in use may have left something in the logs. */
function layersOf({ cwd, redisUrl, databaseUrl }: DoctorContext): Values[] {
  const kept = readable(() => Object.values(readContexts().contexts)) ?? []
  return [readable(() => readProjectFile(cwd)) ?? {}, ...kept, { redisUrl, databaseUrl }]
}

/** What cannot be read is for the checks to say. */
function readable<T>(read: () => T): T | undefined {
  try {
    return read()
  } catch {
    return undefined
  }
}
