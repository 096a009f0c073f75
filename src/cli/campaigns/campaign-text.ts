import type { Campaign, CampaignEntry, Rule } from '../../runtime/campaigns/messages.ts'
import { printable } from '../../runtime/platform/log/index.ts'
import { bar } from '../bar.ts'
import { renderFacts } from '../list.ts'
import { type Column, renderTable } from '../table.ts'
import { rewardText } from './reward.ts'

const BAR = 24
/** Characters of a text in a table. */
const CELL = 60

export const campaignColumns: Column<CampaignEntry>[] = [
  { title: 'CAMPAIGN', value: ({ campaign_id }) => String(campaign_id), align: 'right' },
  { title: 'NAME', value: ({ name }) => cell(name) },
  { title: 'STATUS', value: ({ status }) => status },
  { title: 'STARTS', value: ({ starts_at }) => timeText(starts_at) },
  { title: 'ENDS', value: ({ ends_at }) => timeText(ends_at) },
  { title: 'SPENT', value: ({ spent }) => spent, align: 'right' },
  { title: 'BUDGET', value: ({ budget }) => budget ?? '-', align: 'right' },
  { title: 'CURRENCY', value: ({ currency }) => currency },
  { title: 'MATCHING', value: ({ matching }) => matching, wide: true },
  { title: 'PER USER', value: (row) => row.budget_per_user ?? '-', align: 'right', wide: true },
  { title: 'CREATED', value: ({ created_at }) => timeText(created_at), wide: true },
]

const ruleColumns: Column<Rule>[] = [
  { title: 'RULE', value: ({ rule_id }) => String(rule_id), align: 'right' },
  { title: 'NAME', value: ({ name }) => cell(name ?? '-') },
  { title: 'PRIORITY', value: ({ priority }) => String(priority), align: 'right' },
  { title: 'REWARD', value: ({ reward }) => rewardText(reward), align: 'right' },
  { title: 'ACTIVE', value: ({ active }) => (active ? 'yes' : 'no') },
  { title: 'CONDITIONS', value: ({ conditions }) => cell(JSON.stringify(conditions)) },
]

const WRITTEN_BY = { user: '', llm: ' (written by a model)', template: ' (from a template)' }

/** Everything about a campaign, for people. */
export function campaignText(of: Campaign): string {
  const facts = renderFacts([
    ['Campaign', String(of.campaign_id)],
    ['Name', printable(of.name)],
    ...(of.description === null
      ? []
      : [
          [
            'Description',
            `${oneLine(of.description)}${WRITTEN_BY[of.description_source ?? 'user']}`,
          ] as const,
        ]),
    ['Status', of.status],
    ['Starts', timeText(of.starts_at)],
    ['Ends', timeText(of.ends_at)],
    ['Matching', of.matching],
    ['Budget', budgetText(of)],
    ['Per user', of.budget_per_user === null ? '-' : `${of.budget_per_user} ${of.currency}`],
    ['Created', timeText(of.created_at)],
  ])
  if (of.rules.length === 0)
    return `${facts}\n\nNo rules yet: add one with \`agentctl campaign rule add ${of.campaign_id} FILE\`.`
  return `${facts}\n\n${rulesText(of.rules)}`
}

export function rulesText(rules: readonly Rule[]): string {
  return renderTable(rules, ruleColumns)
}

/** `██████░░ 75 % of 1000 EUR: 750 spent` */
function budgetText({ budget, spent, currency }: CampaignEntry): string {
  if (budget === null) return `none; ${spent} ${currency} spent`
  const share = Number(budget) === 0 ? 1 : Number(spent) / Number(budget)
  const filled = Math.min(1, Math.max(0, share))
  return `${bar(filled, BAR)} ${percent(filled)} of ${budget} ${currency}: ${spent} spent`
}

/** Rounded down, so that 100 % is all of it. */
export function percent(share: number): string {
  return `${Math.floor(share * 100)} %`
}

/** 2026-03-01 00:00:00, in UTC */
export function timeText(at: string | null): string {
  return at === null ? '-' : at.slice(0, 19).replace('T', ' ')
}

/** A text of others on one line of a table. */
export function cell(text: string, most = CELL): string {
  const line = oneLine(text)
  return line.length <= most ? line : `${line.slice(0, most - 1)}…`
}

function oneLine(text: string): string {
  return printable(text.replace(/\s+/g, ' ').trim())
}
