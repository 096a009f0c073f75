import { z } from 'zod'
import { backendKind, language, limits, MAX_ARGS, MAX_CODE, MAX_STDIN, reason } from '../sandbox/index.ts'

export const status = z.enum(['queued', 'running', 'completed', 'failed', 'cancelled'])
export type Status = z.output<typeof status>

export function isTerminal(of: Status): boolean {
  return of !== 'queued' && of !== 'running'
}

/** Lanes of the queue: what is `high` goes first. */
export const priority = z.enum(['high', 'normal'])
export type Priority = z.output<typeof priority>

const bytes = (most: number, what: string) =>
  z.string().refine((text) => Buffer.byteLength(text) <= most, `${what} may have at most ${most} bytes`)
const noNul = (text: string) => !text.includes('\0')

/** The body of `POST /api/eval`. The size of `code` and its language are checked apart: they have statuses of their own. */
export const submission = z.strictObject({
  code: z
    .string({ error: 'code is required' })
    .refine((text) => text.trim() !== '', 'must not be empty')
    .refine(noNul, 'may not contain NUL characters'),
  language: z.string().max(64).default('python'),
  stdin: bytes(MAX_STDIN, 'stdin').default(''),
  args: z
    .array(z.string().refine(noNul, 'may not contain NUL characters'))
    .max(256)
    .refine((all) => all.join(' ').length <= MAX_ARGS, `may have at most ${MAX_ARGS} characters in all`)
    .default([]),
  limits: limits.prefault({}),
  priority: priority.default('normal'),
})

export type Submission = Omit<z.output<typeof submission>, 'language'> & {
  language: z.output<typeof language>
}
export { MAX_CODE }

/** What was accepted, as it waits in the queue. */
export const job = z.object({
  eval_id: z.string(),
  queued_at: z.iso.datetime(),
  language,
  code: z.string(),
  stdin: z.string(),
  args: z.array(z.string()),
  limits,
  priority,
})

export type EvaluationJob = z.output<typeof job>

/**
 * What is known of an evaluation at some point; the same fields in records, events and rows. `seq` grows with its life
 * (1 queued, 2 × attempt running, 1000 ended), so that what comes late never undoes what is later.
 */
export const facts = z.object({
  eval_id: z.string(),
  seq: z.int().min(1),
  status,
  language: language.optional(),
  code: z.string().optional(),
  args: z.array(z.string()).optional(),
  limits: limits.optional(),
  priority: priority.optional(),
  stdin_bytes: z.int().optional(),
  queued_at: z.iso.datetime().optional(),
  started_at: z.iso.datetime().optional(),
  finished_at: z.iso.datetime().optional(),
  attempts: z.int().optional(),
  /** Address of the executor. */
  executor: z.string().optional(),
  worker: z.string().optional(),
  backend: backendKind.nullable().optional(),
  reason: reason.nullable().optional(),
  /** What went wrong, of an `infra_error`. */
  detail: z.string().nullable().optional(),
  exit_code: z.int().nullable().optional(),
  signal: z.string().nullable().optional(),
  stdout: z.string().optional(),
  stderr: z.string().optional(),
  truncated: z.boolean().optional(),
  oom_seen: z.boolean().optional(),
  duration_ms: z.number().nullable().optional(),
  /** The output was too long for an event: it is in the record. */
  output_in_record: z.boolean().optional(),
})

export type Facts = z.output<typeof facts>

export const SEQ_QUEUED = 1
export const SEQ_ENDED = 1_000

/** What two reports say together: of each field what the later one says, and what only one of them knows. */
export function mergeFacts(a: Facts, b: Facts): Facts {
  const [older, newer] = a.seq <= b.seq ? [a, b] : [b, a]
  return { ...older, ...newer }
}

/** Bus events of an evaluation; each is also published on the channel of the same name with ":" for ".". */
export const EVENT_TYPES = [
  'evaluation.queued',
  'evaluation.started',
  'evaluation.completed',
  'evaluation.failed',
  'evaluation.cancelled',
] as const
export type EvaluationEventType = (typeof EVENT_TYPES)[number]

export function eventTypeOf({ status }: Pick<Facts, 'status'>): EvaluationEventType {
  return status === 'running' ? 'evaluation.started' : `evaluation.${status}`
}

/** The same id each time the same thing is told, so that telling it twice makes one event. */
export function eventIdOf({ eval_id, seq }: Pick<Facts, 'eval_id' | 'seq'>): string {
  return `${eval_id}.${seq}`
}

/** Group of the bus in which storage reads them. */
export const STORAGE_GROUP = 'storage'

/** The channel of an event, for whoever listens with SUBSCRIBE: `evaluation:queued`. */
export function channelOf(type: string): string {
  return type.replaceAll('.', ':')
}

/** An evaluation as `GET /api/eval-status/{eval_id}` shows it. */
export const evaluation = z.object({
  eval_id: z.string(),
  status,
  reason: reason.nullable(),
  detail: z.string().nullable(),
  language: language.nullable(),
  priority: priority.nullable(),
  exit_code: z.int().nullable(),
  signal: z.string().nullable(),
  stdout: z.string(),
  stderr: z.string(),
  truncated: z.boolean(),
  oom_seen: z.boolean(),
  duration_ms: z.number().nullable(),
  attempts: z.int(),
  backend: backendKind.nullable(),
  queued_at: z.string().nullable(),
  started_at: z.string().nullable(),
  finished_at: z.string().nullable(),
})

export type Evaluation = z.output<typeof evaluation>

export function toEvaluation(known: Facts): Evaluation {
  return {
    eval_id: known.eval_id,
    status: known.status,
    reason: known.reason ?? null,
    detail: known.detail ?? null,
    language: known.language ?? null,
    priority: known.priority ?? null,
    exit_code: known.exit_code ?? null,
    signal: known.signal ?? null,
    stdout: known.stdout ?? '',
    stderr: known.stderr ?? '',
    truncated: known.truncated ?? false,
    oom_seen: known.oom_seen ?? false,
    duration_ms: known.duration_ms ?? null,
    attempts: known.attempts ?? 0,
    backend: known.backend ?? null,
    queued_at: known.queued_at ?? null,
    started_at: known.started_at ?? null,
    finished_at: known.finished_at ?? null,
  }
}

/** One line of `GET /api/evals`: without what the program wrote. */
export const evaluationEntry = evaluation.omit({ stdout: true, stderr: true })
export type EvaluationEntry = z.output<typeof evaluationEntry>

/** The answer of `GET /api/evals`; newest first; `next` is the `after` of the next page. */
export const evaluationList = z.object({ evaluations: z.array(evaluationEntry), next: z.string().optional() })
export type EvaluationList = z.output<typeof evaluationList>

/** The answer of `POST /api/eval`. */
export const accepted = z.object({ eval_id: z.string(), status, status_url: z.string() })
export type Accepted = z.output<typeof accepted>

/** The rows that storage has written, as the gateway reads them. */
export interface EvaluationRows {
  get(id: string): Promise<Facts | undefined>
  list(options: { status?: Status; after?: string; limit: number }): Promise<EvaluationList>
}
