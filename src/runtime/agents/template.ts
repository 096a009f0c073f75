import type { NewCampaign, NewRule, Reward } from '../campaigns/index.ts'
import { cleanDescription } from './description.ts'

/** Rules that are told one by one. */
const TOLD = 3

/** A description made of the facts alone, for when no language model answers. */
export function describeByTemplate(campaign: NewCampaign): string {
  const { name, currency } = campaign
  const rules = campaign.rules.filter(({ active }) => active)
  const sentences = [
    `${name} ${datesOf(campaign)}.`,
    ...rules.slice(0, TOLD).map((rule) => `${earningOf(rule, currency)}.`),
    ...(rules.length > TOLD ? [`${countOf(rules.length - TOLD, 'more rule')} apply.`] : []),
    ...(rules.length > 1 ? [`${matchingOf(campaign)}.`] : []),
    ...budgetOf(campaign),
  ]
  return cleanDescription(sentences.join(' ').replace(/\b1 more rule apply/, '1 more rule applies')) ?? name
}

function datesOf({ starts_at, ends_at }: NewCampaign): string {
  if (starts_at !== null && ends_at !== null) return `runs from ${dayOf(starts_at)} until ${dayOf(ends_at)}`
  if (starts_at !== null) return `runs from ${dayOf(starts_at)} on`
  if (ends_at !== null) return `runs until ${dayOf(ends_at)}`
  return 'runs until further notice'
}

/** `1 March 2026`, with the time when that is not midnight; in UTC. */
function dayOf(time: string): string {
  const date = new Date(time)
  const day = new Intl.DateTimeFormat('en-GB', { dateStyle: 'long', timeZone: 'UTC' }).format(date)
  const clock = date.toISOString().slice(11, 16)
  return clock === '00:00' ? day : `${day}, ${clock} UTC`
}

function earningOf({ name, conditions, reward }: NewRule, currency: string): string {
  const which = conditionText(conditions)
  const label = name ? ` (${name})` : ''
  if (which === undefined)
    return `Transactions that the rule${name ? ` "${name}"` : ''} matches earn ${rewardText(reward, currency)}`
  return `${which} earn ${rewardText(reward, currency)}${label}`
}

function rewardText(reward: Reward, currency: string): string {
  if (reward.type === 'fixed') return `${reward.amount} ${currency}`
  const most = reward.most === undefined ? '' : `, at most ${reward.most} ${currency}`
  return `${reward.percent} % of their amount${most}`
}

const WORDS: Readonly<Record<string, string>> = {
  $eq: 'is',
  $ne: 'is not',
  $gt: 'is more than',
  $gte: 'is at least',
  $lt: 'is less than',
  $lte: 'is at most',
}

/** In words, where the condition is plain enough for that. */
function conditionText(conditions: Readonly<Record<string, unknown>>): string | undefined {
  const entries = Object.entries(conditions)
  if (entries.length === 0) return 'All transactions'
  if (entries.length > TOLD) return undefined
  const parts = entries.flatMap(([field, asked]) => comparisons(field, asked) ?? [undefined])
  return parts.includes(undefined) ? undefined : `Transactions whose ${parts.join(' and whose ')}`
}

function comparisons(field: string, asked: unknown): string[] | undefined {
  if (field.startsWith('$')) return undefined
  const path = field.replace(/^data\./, '').replace(/[._]/g, ' ')
  if (isPlain(asked)) return [`${path} is ${asked}`]
  if (typeof asked !== 'object' || asked === null || Array.isArray(asked)) return undefined
  const parts = Object.entries(asked).map(([operator, value]) => {
    const word = WORDS[operator]
    return word !== undefined && isPlain(value) ? `${path} ${word} ${value}` : undefined
  })
  return parts.length === 0 || parts.includes(undefined) ? undefined : (parts as string[])
}

function isPlain(value: unknown): value is string | number | boolean {
  return (
    (typeof value === 'string' && value.length <= 64) ||
    typeof value === 'number' ||
    typeof value === 'boolean'
  )
}

function matchingOf({ matching }: NewCampaign): string {
  return matching === 'stackable'
    ? 'A transaction earns by every rule that it meets'
    : 'A transaction earns by the first rule that it meets'
}

function budgetOf({ budget, budget_per_user, currency }: NewCampaign): string[] {
  const all = budget === null ? [] : [`${budget} ${currency} in all`]
  const each = budget_per_user === null ? [] : [`${budget_per_user} ${currency} for each member`]
  return all.length + each.length === 0 ? [] : [`There is a budget of ${[...all, ...each].join(' and ')}.`]
}

function countOf(count: number, what: string): string {
  return `${count} ${what}${count === 1 ? '' : 's'}`
}
