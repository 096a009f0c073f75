import { closeSync, openSync, readSync } from 'node:fs'
import type { z } from 'zod'
import { kernelError } from './errors.ts'

/** What is added to the name of a variable for a file that holds its value, as Docker and Kubernetes mount secrets. */
export const FILE_SUFFIX = '_FILE'

type Environment = Readonly<Record<string, string | undefined>>

/** Every variable that sets a setting, those for files among them. */
export function variablesOf({ env = [], secret = false }: z.GlobalMeta): string[] {
  return secret ? env.flatMap((name) => [name, name + FILE_SUFFIX]) : [...env]
}

/** Bytes that a secret may have: whoever names a wrong file must not fill the memory with it. */
const LONGEST = 65_536

/**
 * The value of a variable that holds a secret: itself, or the content of the file that `NAME_FILE` names, without the newline at its end.
 * @throws AgentctlError CONFIG_INVALID when both are set, or the file cannot be read or is empty; it never shows what the file holds
 */
export function secretVariable(name: string, env: Environment): { value: string; name: string } | undefined {
  const own = env[name]
  const pointer = name + FILE_SUFFIX
  const file = env[pointer]
  if (!file) return own ? { value: own, name } : undefined
  if (own) throw invalid(pointer, `${name} is set, too: which of the two counts?`)
  return { value: contentOf(file, pointer), name: pointer }
}

function contentOf(file: string, pointer: string): string {
  let text: string
  try {
    text = beginningOf(file)
  } catch (cause) {
    throw invalid(
      pointer,
      `${file} cannot be read: ${(cause as NodeJS.ErrnoException).code ?? 'unknown'}`,
      cause,
    )
  }
  const value = text.replace(/\r?\n$/, '')
  if (value === '') throw invalid(pointer, `${file} is empty`)
  if (Buffer.byteLength(value) > LONGEST) throw invalid(pointer, `${file} is too long for a secret`)
  return value
}

/** Just enough of a file to see that it is too long. */
function beginningOf(file: string): string {
  const content = Buffer.alloc(LONGEST + 3)
  const fd = openSync(file, 'r')
  try {
    let length = 0
    for (let read = -1; read !== 0; length += read)
      read = readSync(fd, content, length, content.length - length, null)
    return content.toString('utf8', 0, length)
  } finally {
    closeSync(fd)
  }
}

function invalid(pointer: string, why: string, cause?: unknown) {
  return kernelError('CONFIG_INVALID', `environment variable ${pointer}: ${why}`, { cause })
}
