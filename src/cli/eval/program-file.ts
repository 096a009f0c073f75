import { readFile } from 'node:fs/promises'
import { extname } from 'node:path'
import { text } from 'node:stream/consumers'
import { evaluationError } from '../../runtime/evaluation/errors.ts'
import type { Language } from '../../runtime/sandbox/messages.ts'

const BY_ENDING: Readonly<Record<string, Language>> = {
  '.py': 'python',
  '.js': 'javascript',
  '.mjs': 'javascript',
  '.cjs': 'javascript',
  '.ts': 'typescript',
  '.mts': 'typescript',
  '.cts': 'typescript',
}

/**
 * The language that is named, or that of the file's ending; stdin holds Python unless it is said otherwise.
 * @throws AgentctlError EVAL_LANGUAGE_UNKNOWN
 */
export function languageOf(file: string, named: string | undefined): string {
  if (named !== undefined) return named
  if (file === '-') return 'python'
  const known = BY_ENDING[extname(file).toLowerCase()]
  if (known !== undefined) return known
  throw evaluationError('EVAL_LANGUAGE_UNKNOWN', `the ending of ${file} tells no language`, {
    field: 'language',
    fix: 'Name it with --language python, javascript or typescript.',
  })
}

/**
 * @param file `-` for stdin
 * @throws AgentctlError EVAL_FILE_INVALID
 */
export async function readProgram(file: string): Promise<string> {
  if (file === '-') return text(process.stdin)
  return readFile(file, 'utf8').catch((cause: NodeJS.ErrnoException) => {
    const why = cause.code === 'ENOENT' ? 'it does not exist' : cause.message
    throw evaluationError('EVAL_FILE_INVALID', `${file}: ${why}`, { cause, field: 'file' })
  })
}
