import { createHash } from 'node:crypto'
import { createReadStream, createWriteStream } from 'node:fs'
import { mkdtemp, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { extname, join } from 'node:path'
import { Transform } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { campaignsError } from '../../../runtime/campaigns/errors.ts'
import { openInput } from '../../input.ts'
import { invalid, nameOf, reasonOf } from '../json-file.ts'
import type { Format } from './rows.ts'

/** A file that can be read as often as it is needed. */
export interface SourceFile {
  /** What to call it. */
  name: string
  size: number
  /** SHA-256 of what is in it, in hexadecimal. */
  digest: string
  read(): AsyncIterable<Buffer>
  /** Takes away what was kept of stdin or a pipe. */
  remove(): Promise<void>
}

/**
 * Reads a file once, for its size and digest. What is on stdin or in a pipe, such as `<(zcat FILE)`, is kept in a temporary
 * file, since it can be read only once: it has to end.
 * @param file `-` for stdin
 * @throws AgentctlError CAMPAIGN_FILE_INVALID
 */
export async function openSource(file: string, signal: AbortSignal): Promise<SourceFile> {
  let folder: string | undefined
  const remove = async () => {
    if (folder !== undefined) await rm(folder, { recursive: true, force: true })
  }
  try {
    if (await isReadOnce(file)) folder = await mkdtemp(join(tmpdir(), 'agentctl-import-'))
    const path = folder === undefined ? file : join(folder, 'events')
    const input = openInput(file)
    const { size, digest } = await measure(input, folder === undefined ? undefined : path, signal)
    if (size === 0) throw invalid(nameOf(file), 'it is empty')
    return { name: nameOf(file), size, digest, read: () => createReadStream(path), remove }
  } catch (error) {
    await remove()
    if ((error as NodeJS.ErrnoException).syscall === undefined) throw error
    throw invalid(nameOf(file), reasonOf(error as NodeJS.ErrnoException))
  }
}

/** @throws AgentctlError CAMPAIGN_FILE_INVALID when neither the ending nor `format` tells */
export function formatOf(file: string, format: Format | undefined): Format {
  if (format !== undefined) return format
  const ending = extname(file).toLowerCase()
  if (ending === '.csv') return 'csv'
  if (ending === '.ndjson' || ending === '.jsonl') return 'ndjson'
  throw campaignsError('CAMPAIGN_FILE_INVALID', `${nameOf(file)}: what is in it cannot be told by its name`, {
    field: 'format',
    fix: 'Say --format ndjson or --format csv.',
  })
}

async function isReadOnce(file: string): Promise<boolean> {
  if (file === '-') return true
  const info = await stat(file)
  if (info.isDirectory()) throw invalid(file, 'it is a folder')
  return !info.isFile()
}

async function measure(input: NodeJS.ReadableStream, copy: string | undefined, signal: AbortSignal) {
  const hash = createHash('sha256')
  let size = 0
  const counting = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      hash.update(chunk)
      size += chunk.length
      done(null, copy === undefined ? undefined : chunk)
    },
  })
  if (copy === undefined) counting.resume()
  await (copy === undefined
    ? pipeline(input, counting, { signal })
    : pipeline(input, counting, createWriteStream(copy, { mode: 0o600 }), { signal }))
  return { size, digest: hash.digest('hex') }
}
