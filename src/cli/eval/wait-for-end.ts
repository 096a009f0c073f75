import type { EvaluationClient } from '../../runtime/evaluation/client.ts'
import { type Evaluation, isTerminal } from '../../runtime/evaluation/messages.ts'

/** Milliseconds that a gateway waits at most. */
const MAX_WAIT = 60_000

/**
 * An evaluation at its end, or as it is after `wait` milliseconds.
 * @param wait 0: as it is now
 */
export async function waitForEnd(
  client: Pick<EvaluationClient, 'status'>,
  id: string,
  wait: number,
): Promise<Evaluation> {
  for (let left = wait; ; left -= MAX_WAIT) {
    const found = await client.status(id, Math.min(left, MAX_WAIT))
    if (left <= MAX_WAIT || isTerminal(found.status)) return found
  }
}
