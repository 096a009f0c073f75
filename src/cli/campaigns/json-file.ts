import { addAbortSignal } from 'node:stream'
import { campaignsError } from '../../runtime/campaigns/errors.ts'
import { messageOf } from '../../runtime/kernel/index.ts'
import { openInput } from '../input.ts'

/** Bytes of a file that is read as a whole. */
const MOST = 8 * 1024 * 1024

/**
 * The JSON in a file.
 * @param file `-` for stdin
 * @param signal ends the wait for somebody who types
 * @throws AgentctlError CAMPAIGN_FILE_INVALID naming the file and what is wrong with it; an AbortError
 */
export async function readJson(file: string, signal?: AbortSignal): Promise<unknown> {
  return parseJson(await readText(file, signal), nameOf(file))
}

/** JSON that was given on the command line. @throws AgentctlError CAMPAIGN_FILE_INVALID */
export function parseJson(text: string, name: string): unknown {
  try {
    return JSON.parse(text)
  } catch (cause) {
    throw invalid(name, `it is no JSON: ${messageOf(cause)}`)
  }
}

/** @throws AgentctlError CAMPAIGN_FILE_INVALID; an AbortError */
export async function readText(file: string, signal?: AbortSignal): Promise<string> {
  const chunks: Buffer[] = []
  let size = 0
  try {
    const input = openInput(file)
    if (signal !== undefined) addAbortSignal(signal, input)
    for await (const chunk of input) {
      size += (chunk as Buffer).length
      if (size > MOST) break
      chunks.push(chunk as Buffer)
    }
  } catch (error) {
    if (signal?.aborted) throw error
    throw invalid(nameOf(file), reasonOf(error as NodeJS.ErrnoException))
  }
  if (size > MOST) throw invalid(nameOf(file), `it has more than ${MOST} bytes`)
  const text = Buffer.concat(chunks).toString('utf8')
  if (text.trim() === '') throw invalid(nameOf(file), 'it is empty')
  return text.replace(/^\ufeff/, '')
}

export function nameOf(file: string): string {
  return file === '-' ? 'stdin' : file
}

/** Why the operating system does not give a file. */
export function reasonOf({ code, message }: NodeJS.ErrnoException): string {
  if (code === 'ENOENT') return 'it does not exist'
  if (code === 'EISDIR') return 'it is a folder'
  return code === 'EACCES' ? 'this user may not read or write it' : message
}

export function invalid(file: string, why: string) {
  return campaignsError('CAMPAIGN_FILE_INVALID', `${file}: ${why}`, { field: 'file' })
}
