import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { messageOf } from '../kernel/index.ts'
import { manifestsError } from './errors.ts'

/**
 * Writes texts under their names into a folder, which is made where it is missing; other files in it stay.
 * @returns the paths
 * @throws AgentctlError EXPORT_UNWRITABLE
 */
export async function writeFolder(
  folder: string,
  files: Readonly<Record<string, string>>,
): Promise<string[]> {
  try {
    await mkdir(folder, { recursive: true })
    const written: string[] = []
    for (const [name, text] of Object.entries(files)) {
      const path = join(folder, name)
      await writeFile(path, text)
      written.push(path)
    }
    return written
  } catch (cause) {
    throw manifestsError('EXPORT_UNWRITABLE', messageOf(cause), { cause, field: 'output' })
  }
}
