import type { Outcome as ReplicaOutcome } from '../../balancer/index.ts'
import { AgentctlError } from '../../kernel/index.ts'
import { ConnectionLost } from '../../platform/http-client/index.ts'
import type { Outcome, OutputName } from '../../sandbox/index.ts'
import type { End } from '../records.ts'

export type OutputTexts = Readonly<Record<OutputName, string>>

/** Attempts of one evaluation, those that a crash of their worker has ended included. */
export const MAX_ATTEMPTS = 3

/** What a failed call says about the executor, and what becomes of the evaluation. */
export interface Verdict {
  replica: ReplicaOutcome
  /**
   * `lost`: the program has run, so that the attempt is used up. `unstarted`: the executor had it, and was lost before the
   * program began. `later`: the executor has not taken it. `lacks`: this executor has not the language. `refused`: it does
   * not take what this worker sends, such as one of another version or with another secret.
   */
  next: 'lost' | 'unstarted' | 'later' | 'lacks' | 'refused'
  /** Milliseconds after which the same executor may be asked again. */
  retryAfter?: number
}

/** Codes of connections that were never made: the program cannot have reached the executor. */
const UNREACHED = new Set([
  'ECONNREFUSED',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ENETDOWN',
  'ENOTFOUND',
  'EAI_AGAIN',
  'UND_ERR_CONNECT_TIMEOUT',
])

/**
 * @param error what the client of the executor has thrown
 * @param running the executor has said that the program begins
 */
export function afterFailure(error: unknown, running: boolean): Verdict {
  if (error instanceof ConnectionLost) {
    const before = wasReached(error) ? 'unstarted' : 'later'
    return { replica: { kind: 'failed' }, next: running ? 'lost' : before }
  }
  if (!(error instanceof AgentctlError)) return { replica: { kind: 'cancelled' }, next: 'lost' }
  if (error.code === 'SANDBOX_LANGUAGE_MISSING') return { replica: { kind: 'cancelled' }, next: 'lacks' }
  if (error.code === 'SANDBOX_AWAY') return { replica: { kind: 'busy' }, next: 'later' }
  if (error.code === 'SANDBOX_FAILED' || error.status === 500) {
    return { replica: { kind: 'failed' }, next: 'lost' }
  }
  if (error.status === 429 || error.status >= 500) {
    const { retryAfter } = error
    const next = running ? 'lost' : 'later'
    return { replica: { kind: 'busy' }, next, ...(retryAfter === undefined ? {} : { retryAfter }) }
  }
  return { replica: { kind: 'cancelled' }, next: 'refused' }
}

function wasReached({ cause }: ConnectionLost): boolean {
  return !UNREACHED.has(String((cause as { code?: unknown } | undefined)?.code))
}

/** The end of an evaluation whose program has come to its own. */
export function outcomeToFacts(outcome: Outcome): End {
  const { status, reason, ...rest } = outcome
  return { status, reason: status === 'failed' ? (reason ?? null) : null, detail: null, ...rest }
}

/** Characters of a reason: it comes from elsewhere, and has to fit into an event. */
const MAX_DETAIL = 2_000

/** The end of an evaluation that went wrong without its program being to blame. */
export function infraError(detail: string, output: OutputTexts = NOTHING): End {
  return { ...withoutExit(output), status: 'failed', reason: 'infra_error', detail: shortened(detail) }
}

function shortened(text: string): string {
  return text.length <= MAX_DETAIL ? text : `${text.slice(0, MAX_DETAIL).toWellFormed()} …`
}

/** The end of an evaluation that is not wanted any more; whatever the program has written is kept. */
export function cancelledEnd(output: OutputTexts = NOTHING, ms?: number): End {
  return { ...withoutExit(output), status: 'cancelled', reason: null, detail: null, duration_ms: ms ?? null }
}

const NOTHING: OutputTexts = { stdout: '', stderr: '' }

function withoutExit({ stdout, stderr }: OutputTexts) {
  const exit = { exit_code: null, signal: null, duration_ms: null }
  return { ...exit, stdout, stderr, truncated: false, oom_seen: false }
}
