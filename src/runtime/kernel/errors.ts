/** What sort of trouble it is. The kind decides the exit code, the HTTP status and whether a job is retried. */
export type ErrorKind =
  | 'usage'
  | 'auth'
  | 'not_found'
  | 'conflict'
  | 'confirmation'
  | 'limit'
  | 'environment'
  | 'unavailable'
  | 'upstream'
  | 'timeout'
  | 'cancelled'
  | 'bug'

const KINDS: Record<ErrorKind, { exit: number; status: number; retry: boolean }> = {
  usage: { exit: 2, status: 400, retry: false },
  auth: { exit: 77, status: 401, retry: false },
  not_found: { exit: 3, status: 404, retry: false },
  conflict: { exit: 1, status: 409, retry: false },
  confirmation: { exit: 4, status: 428, retry: false },
  limit: { exit: 1, status: 429, retry: true },
  environment: { exit: 1, status: 500, retry: false },
  unavailable: { exit: 69, status: 503, retry: true },
  upstream: { exit: 1, status: 502, retry: true },
  timeout: { exit: 75, status: 504, retry: false },
  cancelled: { exit: 130, status: 499, retry: false },
  bug: { exit: 1, status: 500, retry: false },
}

/** One row of a room's error table: what happened in general, and what to do about it. */
export interface ErrorSpec {
  readonly kind: ErrorKind
  readonly title: string
  readonly fix: string
  /** HTTP status, where it differs from the kind's. */
  readonly status?: number
}

export type ErrorTable = Readonly<Record<string, ErrorSpec>>

export interface ErrorOptions {
  cause?: unknown
  /** Replaces the table's general advice where the caller knows better. */
  fix?: string
  /** The input at fault, such as a query parameter or a flag. */
  field?: string
  /** Milliseconds after which trying again may help; becomes the header Retry-After. */
  retryAfter?: number
}

/** Every failure a user can see. `code` is stable and documented in docs/errors.md. */
export class AgentctlError extends Error {
  override readonly name = 'AgentctlError'
  readonly code: string
  readonly kind: ErrorKind
  readonly title: string
  readonly fix: string
  readonly field: string | undefined
  readonly status: number
  /** Milliseconds after which trying again may help. */
  readonly retryAfter: number | undefined

  constructor(code: string, spec: ErrorSpec, detail: string, options: ErrorOptions = {}) {
    super(detail, options.cause === undefined ? undefined : { cause: options.cause })
    this.code = code
    this.kind = spec.kind
    this.title = spec.title
    this.fix = options.fix ?? spec.fix
    this.field = options.field
    this.status = spec.status ?? KINDS[spec.kind].status
    this.retryAfter = options.retryAfter
  }

  get exitCode(): number {
    return KINDS[this.kind].exit
  }

  get retryable(): boolean {
    return KINDS[this.kind].retry
  }
}

/** Returns a maker of errors whose codes are limited to one room's table. */
export function errorsOf<T extends ErrorTable>(table: T) {
  return (code: keyof T & string, detail: string, options?: ErrorOptions): AgentctlError =>
    new AgentctlError(code, table[code] as ErrorSpec, detail, options)
}

/**
 * A handler throws this when trying again cannot help: the job fails at once, without its remaining attempts.
 * Recognised by name, so that a handler may use a copy of the class from another installation.
 */
export class FatalError extends Error {
  override readonly name = 'FatalError'
}

/** A handler throws this when the work should be tried again, after `delay` milliseconds if that is given. */
export class RetryableError extends Error {
  override readonly name = 'RetryableError'
  readonly delay: number | undefined

  constructor(message: string, options: { cause?: unknown; delay?: number } = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause })
    this.delay = options.delay
  }
}

export function isFatal(error: unknown): boolean {
  return error instanceof Error && error.name === 'FatalError'
}

/** An RFC 9457 problem document, as sent over HTTP and in `event: error` frames. */
export interface Problem {
  type: string
  title: string
  status: number
  detail: string
  code: string
  fix?: string
  field?: string
}

export function toProblem(error: unknown): Problem {
  const known = error instanceof AgentctlError ? error : kernelError('INTERNAL', messageOf(error))
  return {
    type: `urn:agentctl:error:${known.code}`,
    title: known.title,
    status: known.status,
    detail: known.message,
    code: known.code,
    fix: known.fix,
    ...(known.field === undefined ? {} : { field: known.field }),
  }
}

export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}

export const kernelErrors = {
  INTERNAL: {
    kind: 'bug',
    title: 'Something went wrong inside agentctl',
    fix: 'Look at the log of this role; report it with `agentctl --version` if it happens again.',
  },
  CONFIG_INVALID: {
    kind: 'usage',
    title: 'A setting has a value that cannot be used',
    fix: 'Correct the flag, environment variable or line of agentctl.json that is named.',
  },
  CONFIG_FILE_INVALID: {
    kind: 'usage',
    title: 'The project file cannot be read',
    fix: 'Make agentctl.json one JSON object whose keys are setting names; see `agentctl config`.',
  },
  ERROR_CODE_UNKNOWN: {
    kind: 'not_found',
    title: 'There is no such error code',
    fix: 'See them all with `agentctl errors`.',
  },
  DRAIN_TIMEOUT: {
    kind: 'timeout',
    title: 'Work was still under way when the drain timeout ran out',
    fix: 'Give it longer with --drain-timeout; the jobs that were cut are retried by another worker.',
  },
} as const satisfies ErrorTable

export const kernelError = errorsOf(kernelErrors)
