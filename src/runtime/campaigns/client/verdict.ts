import type { Verdict } from '../../balancer/index.ts'
import { AgentctlError } from '../../kernel/index.ts'
import { CallTimedOut, ConnectionLost } from '../../platform/http-client/index.ts'
import { campaignsError } from '../errors.ts'

/** Milliseconds below which a replica is not to blame for having said nothing: one that hangs is known to by then. */
const SHORT = 10_000

/**
 * What a failed call says about the replica.
 * @param error what `JsonClient` has thrown
 * @param took milliseconds
 */
export function judge(error: unknown, took: number): Verdict {
  if (error instanceof CallTimedOut && took < SHORT) return { outcome: { kind: 'busy' }, again: 'elsewhere' }
  if (error instanceof ConnectionLost) return { outcome: { kind: 'failed' }, again: 'elsewhere' }
  if (!(error instanceof AgentctlError)) return { outcome: { kind: 'cancelled' }, again: 'never' }
  // It lives, and says itself when it is worth asking again, such as when its database is back.
  if (error.status === 429 || error.status === 503) return { outcome: { kind: 'busy' }, again: 'later' }
  if (error.status >= 500) return { outcome: { kind: 'failed' }, again: 'elsewhere' }
  return { outcome: { kind: 'cancelled' }, again: 'never' }
}

/** What the caller is told when there is no other attempt. */
export function explain(error: unknown, url: string): unknown {
  if (!(error instanceof ConnectionLost)) return error
  const code = error instanceof CallTimedOut ? 'CAMPAIGNS_TIMEOUT' : 'CAMPAIGNS_UNREACHABLE'
  return campaignsError(code, `${url}: ${error.message}`, { cause: error })
}
