import { type Facts, isTerminal } from '../messages.ts'
import type { Lookup } from './lookup.ts'
import type { Progress } from './progress.ts'

/**
 * What is known of an evaluation at its end, or after `ms` milliseconds, or once `gone` is aborted.
 * @throws AgentctlError EVAL_UNKNOWN, EVAL_ROWS_AWAY
 */
export type WaitForEnd = (id: string, ms: number, gone: AbortSignal) => Promise<Facts>

export function createWaitForEnd(
  lookup: Pick<Lookup, 'get' | 'find'>,
  progress: Pick<Progress, 'untilEnd'>,
): WaitForEnd {
  return async (id, ms, gone) => {
    const known = await lookup.get(id)
    if (isTerminal(known.status)) return known
    const enough = new AbortController()
    const over = progress.untilEnd(id, ms, AbortSignal.any([gone, enough.signal]))
    try {
      // It may have ended before anybody watched it.
      const now = await lookup.find(id)
      if (now === undefined || isTerminal(now.status)) enough.abort()
    } catch {
      // The watch looks, too.
    }
    await over
    return (await lookup.find(id)) ?? known
  }
}
