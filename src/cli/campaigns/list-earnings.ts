import type { Earning } from '../../runtime/campaigns/index.ts'
import { listPages } from './list-pages.ts'
import { withCampaigns } from './with-campaigns.ts'

export interface EarningFlags extends Record<string, unknown> {
  campaign?: number | undefined
  user?: string | undefined
  event?: string | undefined
  rule?: number | undefined
  kind?: Earning['kind'] | undefined
  count: number
}

export interface ListedEarnings {
  earnings: Earning[]
  /** Of all that were asked for, by currency, not of those that are listed alone. */
  total: Record<string, string>
  more: boolean
}

export async function listEarnings(flags: EarningFlags, signal: AbortSignal): Promise<ListedEarnings> {
  const { campaign: campaign_id, user: user_id, event: event_id, rule: rule_id, kind, count } = flags
  const query = { campaign_id, user_id, event_id, rule_id, kind }
  const { rows, more, last } = await withCampaigns(flags, signal, (client) =>
    listPages(
      count,
      (page) => client.earnings({ ...query, ...page }, { signal }),
      ({ earnings }) => earnings,
    ),
  )
  return { earnings: rows, total: last.total, more }
}
