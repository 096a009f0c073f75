import type { CampaignEvent, Earning } from '../../runtime/campaigns/messages.ts'
import { printable } from '../../runtime/platform/log/index.ts'
import { renderFacts } from '../list.ts'
import { type Column, renderTable } from '../table.ts'
import { cell, timeText } from './campaign-text.ts'

export const earningColumns: Column<Earning>[] = [
  { title: 'EARNING', value: ({ earning_id }) => String(earning_id), align: 'right' },
  { title: 'EVENT', value: ({ event_id }) => cell(event_id) },
  { title: 'CAMPAIGN', value: ({ campaign_id }) => String(campaign_id), align: 'right' },
  { title: 'RULE', value: ({ rule_id }) => String(rule_id), align: 'right' },
  { title: 'USER', value: ({ user_id }) => cell(user_id ?? '-') },
  { title: 'AMOUNT', value: ({ amount }) => amount, align: 'right' },
  { title: 'CURRENCY', value: ({ currency }) => currency },
  { title: 'KIND', value: kindOf },
  { title: 'CREATED', value: ({ created_at }) => timeText(created_at) },
  { title: 'REASON', value: ({ reason }) => cell(reason ?? ''), wide: true },
]

function kindOf({ kind, reverses }: Earning): string {
  return kind === 'reversal' ? `reversal of ${reverses}` : kind
}

/** `Total: 12.50 EUR, 3 USD (2 earnings are shown)`; nothing where there is nothing. */
export function totalLine(total: Readonly<Record<string, string>>, shown: number, more: boolean): string {
  const sums = Object.entries(total).map(([currency, sum]) => `${sum} ${printable(currency)}`)
  const note = more ? ` (of all; ${shown} are shown: more with -n)` : ''
  return `Total: ${sums.length === 0 ? '0' : sums.join(', ')}${note}`
}

/** Everything about one event, for people. */
export function eventText(of: CampaignEvent): string {
  const facts = renderFacts([
    ['Event', printable(of.event_id)],
    ['Status', statusText(of)],
    ...(of.detail === null ? [] : [['Detail', printable(of.detail)] as const]),
    ['User', printable(of.user_id ?? '-')],
    ['Merchant', printable(of.merchant_id ?? '-')],
    ['Amount', of.amount === null ? '-' : `${of.amount} ${of.currency ?? ''}`.trim()],
    ['Occurred', timeText(of.occurred_at)],
    ['Registered', timeText(of.registered_at)],
    ['Processed', timeText(of.processed_at)],
    ['Attempts', String(of.attempts)],
    ...(of.matched_rule_id === null ? [] : [['Rule', String(of.matched_rule_id)] as const]),
    ...(Object.keys(of.data).length === 0 ? [] : [['Data', printable(JSON.stringify(of.data))] as const]),
  ])
  return of.earnings.length === 0 ? facts : `${facts}\n\n${renderTable(of.earnings, earningColumns)}`
}

const REASON = {
  no_match: 'no rule of an active campaign matches it',
  budget_exhausted: 'a rule matches, and the budget does not suffice',
  error: 'it could not be processed',
}

function statusText({ status, reason }: CampaignEvent): string {
  return reason === null ? status : `${status}: ${REASON[reason]}`
}
