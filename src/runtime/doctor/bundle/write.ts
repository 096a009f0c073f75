import { writeFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import { promisify } from 'node:util'
import { gzip } from 'node:zlib'
import { messageOf, readProjectFile } from '../../kernel/index.ts'
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
  const secrets = secretValues(context.env, context.schemas, projectFile(context))
  const files = (await collect(subject)).map(({ path, text }) => ({
    path: `${FOLDER}/${path}`,
    text: maskText(text, secrets),
  }))
  const archive = await promisify(gzip)(createArchive(files, context.now() / 1_000))
  const path = resolve(context.cwd, file)
  try {
    await writeFile(path, archive, { flag: 'wx', mode: 0o600 })
  } catch (cause) {
    throw doctorError('BUNDLE_NOT_WRITTEN', messageOf(cause), { cause, field: 'bundle' })
  }
  return path
}

function projectFile({ cwd }: DoctorContext) {
  try {
    return readProjectFile(cwd)
  } catch {
    return {}
  }
}
