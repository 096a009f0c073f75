import { campaignsError } from '../errors.ts'
import { createTurns } from '../turns.ts'

/** Characters that the results of one call may come to: they are put together in one piece, while everybody else waits. */
const MAX_RESULTS = 4 * 1024 * 1024

const TOO_MUCH = 'events: what there is to say of them is too much for one answer'
export const TRY_FEWER = 'Try fewer events at once, or one rule by its `rule_id`.'

/**
 * Told of each result of a trial. Between two of them others have their turn.
 * @throws AgentctlError CAMPAIGN_EVENT_INVALID when all of them have become too much for one answer
 */
export type Allowance = (result: object) => Promise<void>

export function createAllowance(most = MAX_RESULTS): Allowance {
  const turns = createTurns()
  let left = most
  return async (result) => {
    left -= JSON.stringify(result).length
    if (left < 0)
      throw campaignsError('CAMPAIGN_EVENT_INVALID', TOO_MUCH, { field: 'events', fix: TRY_FEWER })
    await turns()
  }
}
