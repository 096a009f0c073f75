import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { inspectError } from '../runtime/inspect/index.ts'
import { printable } from '../runtime/platform/log/index.ts'

export interface Confirmation {
  /** What will happen, with counts, as the beginning of a question: "Remove 12 entries of tasks". */
  what: string
  /** Given by --yes: nothing is asked. */
  yes: boolean
  /** Given by --dry-run: nothing is asked, and nothing is to be done. */
  dryRun: boolean
  /** What has to be typed, instead of y, where a mistake would be grave. */
  name?: string
}

/** Where the question is asked; tests pass their own. */
export interface Terminal {
  input: NodeJS.ReadableStream & { isTTY?: boolean }
  output: NodeJS.WritableStream & { isTTY?: boolean }
}

/** The answer is data for nobody: the question goes to stderr. */
const terminal: Terminal = { input: process.stdin, output: process.stderr }

/**
 * Whether to go on: false for a dry run.
 * @throws AgentctlError CONFIRMATION_NEEDED where nobody can be asked, CONFIRMATION_DECLINED
 */
export async function confirmed(
  { what, yes, dryRun, name }: Confirmation,
  { input, output }: Terminal = terminal,
): Promise<boolean> {
  if (dryRun) return false
  if (yes) return true
  const question = printable(what)
  if (!input.isTTY || !output.isTTY) throw inspectError('CONFIRMATION_NEEDED', question)
  const wanted = name === undefined ? '[y/N]' : `Type "${printable(name)}" to go on:`
  output.write(`${question}${name === undefined ? '?' : '.'} ${wanted} `)
  const answer = await readLine(input)
  const agreed = name === undefined ? /^(y|yes)$/i.test(answer) : answer === name
  if (!agreed) throw inspectError('CONFIRMATION_DECLINED', 'nothing was changed')
  return true
}

/** The next line, or nothing when the input ends. */
async function readLine(input: NodeJS.ReadableStream): Promise<string> {
  const lines = createInterface({ input })
  try {
    const [line] = await Promise.race([once(lines, 'line'), once(lines, 'close')])
    return typeof line === 'string' ? line.trim() : ''
  } finally {
    lines.close()
  }
}
