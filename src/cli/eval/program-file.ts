import { extname } from 'node:path'
import { evaluationError } from '../../runtime/evaluation/errors.ts'
import { type Language, MAX_CODE, MAX_STDIN } from '../../runtime/sandbox/messages.ts'
import { openInput } from '../input.ts'

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
 * A program, and what it is to read.
 * @param file of the program; `-` for stdin
 * @param input file with what it reads; `-` for stdin, nothing where it is left out
 * @throws AgentctlError EVAL_FILE_INVALID, EVAL_CODE_TOO_LARGE
 */
export async function readProgramAndInput(
  file: string,
  input: string | undefined,
): Promise<{ code: string; stdin: string }> {
  if (file === '-' && input === '-')
    throw evaluationError('EVAL_FILE_INVALID', 'stdin cannot hold both the program and what it reads', {
      field: 'stdin',
      fix: 'Name a file for one of the two.',
    })
  return { code: await readCode(file), stdin: input === undefined ? '' : await readInput(input) }
}

async function readCode(file: string): Promise<string> {
  const code = await readText(file, MAX_CODE, () =>
    evaluationError('EVAL_CODE_TOO_LARGE', `${nameOf(file)} has more than ${MAX_CODE} bytes`, {
      field: 'file',
    }),
  )
  if (code.trim() !== '') return code
  throw evaluationError('EVAL_FILE_INVALID', `${nameOf(file)}: it is empty`, { field: 'file' })
}

function readInput(file: string): Promise<string> {
  return readText(file, MAX_STDIN, () =>
    evaluationError('EVAL_FILE_INVALID', `${nameOf(file)}: it has more than ${MAX_STDIN} bytes`, {
      field: 'stdin',
      fix: 'Give the program less to read.',
    }),
  )
}

/** No more of it is read than may be sent: a pipe or a device may never end. */
async function readText(file: string, most: number, tooLarge: () => Error): Promise<string> {
  const chunks: Buffer[] = []
  let size = 0
  try {
    for await (const chunk of openInput(file)) {
      size += (chunk as Buffer).length
      if (size > most) break
      chunks.push(chunk as Buffer)
    }
  } catch (error) {
    const cause = error as NodeJS.ErrnoException
    throw evaluationError('EVAL_FILE_INVALID', `${file}: ${reasonOf(cause)}`, { cause, field: 'file' })
  }
  if (size > most) throw tooLarge()
  return Buffer.concat(chunks).toString('utf8')
}

function reasonOf({ code, message }: NodeJS.ErrnoException): string {
  if (code === 'ENOENT') return 'it does not exist'
  return code === 'EISDIR' ? 'it is a folder' : message
}

const nameOf = (file: string) => (file === '-' ? 'stdin' : file)
