import { z } from 'zod'

/** Bytes of the code of a program. */
export const MAX_CODE = 256 * 1024
/** Bytes of what it is given to read. */
export const MAX_STDIN = 1024 * 1024
/** Characters of all its arguments. */
export const MAX_ARGS = 16_384

export const languages = ['python', 'javascript', 'typescript'] as const
export const language = z.enum(languages)
export type Language = z.output<typeof language>

const amount = (initial: number, least: number, most: number) => z.int().min(least).max(most).default(initial)

/** What a program may use. Swap, core dumps and open files are limited too, but not by whoever submits it. */
export const limits = z.strictObject({
  /** Milliseconds from its start to its end. */
  wall_ms: amount(10_000, 100, 60_000),
  /** Milliseconds of a processor, in all. */
  cpu_ms: amount(5_000, 100, 30_000),
  /** MiB, beyond what the runtime of its language needs for itself. */
  memory_mb: amount(128, 16, 512),
  /** Bytes of each of stdout and stderr; the program is ended that writes more. */
  output_bytes: amount(64 * 1024, 1_024, 1024 * 1024),
  /** Processes and threads at once. */
  pids: amount(64, 1, 256),
})

export type Limits = z.output<typeof limits>

/** Why an evaluation failed. */
export const reason = z.enum([
  'nonzero_exit',
  'signal',
  'wall_timeout',
  'cpu_timeout',
  'out_of_memory',
  'output_limit',
  'infra_error',
])
export type Reason = z.output<typeof reason>

export const backendKind = z.enum(['docker', 'deno'])
export type BackendKind = z.output<typeof backendKind>

/** One program to run. Whoever sends it has checked it. */
export const task = z.strictObject({
  eval_id: z.string().regex(/^[A-Za-z0-9_-]{1,64}$/),
  /** 1 for the first try, higher after an executor was lost. */
  attempt: z.int().min(1),
  language,
  code: z.string(),
  stdin: z.string().default(''),
  args: z.array(z.string()).default([]),
  limits: limits.prefault({}),
})

export type Task = z.output<typeof task>

export const outputName = z.enum(['stdout', 'stderr'])
export type OutputName = z.output<typeof outputName>

/** How a program ended. Text holds no NUL characters: those are replaced by U+FFFD, as are bytes that are no UTF-8. */
export const outcome = z.object({
  /** `completed` means exit code 0. */
  status: z.enum(['completed', 'failed', 'cancelled']),
  reason: reason.optional(),
  exit_code: z.int().nullable(),
  /** Such as SIGKILL. */
  signal: z.string().nullable(),
  stdout: z.string(),
  stderr: z.string(),
  /** There was more output than is kept. */
  truncated: z.boolean(),
  /** Something was killed for want of memory, which need not have been the program itself. */
  oom_seen: z.boolean(),
  duration_ms: z.number(),
  backend: backendKind,
})

export type Outcome = z.output<typeof outcome>

/** The events of `POST /run`, by name. In between, comments say that the executor lives. */
export const runEvents = {
  /** A place was free, and the program is about to start. */
  running: z.object({ backend: backendKind }),
  output: z.object({ name: outputName, text: z.string() }),
  /** The last one. */
  outcome,
} as const
