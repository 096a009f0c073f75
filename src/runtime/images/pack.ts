import { createReadStream } from 'node:fs'
import type { Readable } from 'node:stream'
import { run } from '../platform/process/index.ts'

/** The folder as a tar archive, which is kept in a file beside it. Everything in it belongs to root. */
export async function packFolder(folder: string): Promise<Readable> {
  const file = `${folder}.tar`
  const gnu = process.platform === 'linux' ? ['--owner=0', '--group=0', '--numeric-owner', '--sort=name'] : []
  await run('tar', [...gnu, '-cf', file, '-C', folder, '.'])
  return createReadStream(file)
}
