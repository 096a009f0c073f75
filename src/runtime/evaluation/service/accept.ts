import { createHash } from 'node:crypto'
import type { z } from 'zod'
import { type Language, language } from '../../sandbox/index.ts'
import { evaluationError } from '../errors.ts'
import { bytesOf, MAX_EVENT, queuedFacts } from '../events.ts'
import { type EvaluationJob, MAX_CODE, type Submission, type submission } from '../messages.ts'

/** The body of `POST /api/eval` after its schema was checked. */
export type SubmissionBody = z.output<typeof submission>

/** Other names that languages go by. */
const ALIASES: Readonly<Record<string, Language>> = {
  py: 'python',
  python3: 'python',
  js: 'javascript',
  node: 'javascript',
  ts: 'typescript',
}

/**
 * What a schema cannot say, as it has statuses of its own. Text that is no Unicode (half a surrogate pair) could be stored
 * nowhere: such halves become U+FFFD.
 * @throws AgentctlError EVAL_CODE_TOO_LARGE, EVAL_LANGUAGE_UNKNOWN
 */
export function checkSubmission(body: SubmissionBody): Submission {
  const size = Buffer.byteLength(body.code)
  if (size > MAX_CODE) throw tooLarge(`code has ${size} bytes, ${MAX_CODE} are allowed`)
  return {
    ...body,
    language: languageOf(body.language),
    code: body.code.toWellFormed(),
    stdin: body.stdin.toWellFormed(),
    args: body.args.map((arg) => arg.toWellFormed()),
  }
}

/** @throws AgentctlError EVAL_LANGUAGE_UNKNOWN */
export function languageOf(name: string): Language {
  const lower = name.toLowerCase()
  const known = language.safeParse(Object.hasOwn(ALIASES, lower) ? ALIASES[lower] : lower)
  if (known.success) return known.data
  const detail = `language: ${JSON.stringify(name)} is none of ${language.options.join(', ')}`
  throw evaluationError('EVAL_LANGUAGE_UNKNOWN', detail, { field: 'body.language' })
}

/** @throws AgentctlError EVAL_CODE_TOO_LARGE when it does not fit into an event */
export function toJob(submitted: Submission, eval_id: string, queued_at: string): EvaluationJob {
  const job: EvaluationJob = { eval_id, queued_at, ...submitted }
  // A character takes six bytes at most, as an escape.
  if (6 * (job.code.length + job.args.join('').length) > MAX_EVENT / 2) {
    const size = bytesOf(queuedFacts(job))
    if (size > MAX_EVENT) throw tooLarge(`code and args take ${size} bytes as JSON, ${MAX_EVENT} are allowed`)
  }
  return job
}

/** The same for the same submission, whatever the order of its fields was. */
export function digestOf(text: string): string {
  return createHash('sha256').update(text).digest('base64url')
}

const tooLarge = (detail: string) => evaluationError('EVAL_CODE_TOO_LARGE', detail, { field: 'body.code' })
