import type { CampaignsClient, Earning } from '../../runtime/campaigns/index.ts'
import type { Change } from '../run-change.ts'

interface Plan {
  earning_id: number
  reason: string
}

/** Takes an earning back: a row with its amount below zero is added, and its budget has the amount again. */
export function reversingEarning(
  client: Pick<CampaignsClient, 'reverseEarning'>,
  id: number,
  reason: string,
  signal: AbortSignal,
): Change<Plan, Earning> {
  return {
    plan: async () => ({ earning_id: id, reason }),
    what: () => `Reverse earning ${id}: ${reason}`,
    warnings: () => [],
    apply: () => client.reverseEarning(id, reason, { signal }),
    done: ({ earning_id, amount, currency }) =>
      `Earning ${id} is reversed by earning ${earning_id}: ${amount} ${currency}`,
  }
}
