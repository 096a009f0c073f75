import type { Verdict } from '../../balancer/index.ts'
import { AgentctlError } from '../../kernel/index.ts'
import { CallTimedOut, ConnectionLost } from '../../platform/http/index.ts'
import { llmError } from '../errors.ts'

/** Milliseconds below which a replica is not to blame for having said nothing: one that hangs is known to by then. */
const SHORT = 10_000

/**
 * @param error what `JsonClient` has thrown
 * @param took milliseconds
 */
export function judge(error: unknown, took: number): Verdict {
  if (isSlow(error, took)) return { outcome: { kind: 'busy' }, again: 'elsewhere' }
  if (error instanceof ConnectionLost) return { outcome: { kind: 'failed' }, again: 'elsewhere' }
  if (!(error instanceof AgentctlError)) return { outcome: { kind: 'cancelled' }, again: 'never' }
  // The quota is the caller's own: the same everywhere.
  if (error.code === 'LLM_QUOTA_EXCEEDED') return { outcome: { kind: 'cancelled' }, again: 'never' }
  if (error.status === 429 || error.status === 503) return { outcome: { kind: 'busy' }, again: 'later' }
  if (error.status >= 500) return { outcome: { kind: 'failed' }, again: 'elsewhere' }
  return { outcome: { kind: 'cancelled' }, again: 'never' }
}

/**
 * Whether time ran out without a sign that the replica is broken. One that says so itself lives: it is the model that was
 * given too little time; or a few impatient callers would put every replica out, for everybody.
 */
function isSlow(error: unknown, took: number): boolean {
  if (error instanceof AgentctlError) return error.code === 'LLM_TIMEOUT'
  return error instanceof CallTimedOut && took < SHORT
}

/** What the caller is told when there is no other attempt. */
export function explain(error: unknown, url: string): unknown {
  if (!(error instanceof ConnectionLost)) return error
  const code = error instanceof CallTimedOut ? 'LLM_TIMEOUT' : 'LLM_UNREACHABLE'
  return llmError(code, `${url}: ${error.message}`, { cause: error })
}
