import Big from 'big.js'
import type { AgentctlError } from '../../kernel/index.ts'
import { compileCondition, rulesError, rulesErrors } from '../../rules/index.ts'
import { campaignsError } from '../errors.ts'
import type { CampaignChange, CampaignEntry, NewCampaign, Reward } from '../messages.ts'
import { digitsOf } from '../processing/rewards.ts'
import { createTurns } from '../turns.ts'

/**
 * Patterns may take their time to compile, and there may be many: others are served in between.
 * @throws AgentctlError CAMPAIGN_INVALID, RULE_INVALID, RULE_TOO_LARGE, naming the field of the body
 */
export async function checkCampaign({ starts_at, ends_at, currency, rules }: NewCampaign): Promise<void> {
  checkDates(starts_at, ends_at)
  const turns = createTurns()
  for (const [index, { conditions, reward }] of rules.entries()) {
    checkConditions(conditions, `rules[${index}].conditions`)
    checkReward(reward, currency, `rules[${index}].reward`)
    await turns()
  }
}

/** @throws AgentctlError CAMPAIGN_INVALID, CAMPAIGN_BUDGET_SPENT */
export function checkChange(
  before: Pick<CampaignEntry, 'starts_at' | 'ends_at' | 'spent'>,
  change: CampaignChange,
): void {
  const { starts_at = before.starts_at, ends_at = before.ends_at } = change
  checkDates(starts_at, ends_at)
  const { budget } = change
  if (budget === undefined || budget === null || Big(budget).gte(before.spent)) return
  throw campaignsError('CAMPAIGN_BUDGET_SPENT', `${before.spent} has been spent, more than ${budget}`, {
    field: 'budget',
  })
}

function checkDates(starts: string | null, ends: string | null): void {
  if (starts === null || ends === null || Date.parse(ends) > Date.parse(starts)) return
  throw campaignsError('CAMPAIGN_INVALID', `ends_at: ${ends} is not after the start, ${starts}`, {
    field: 'ends_at',
  })
}

/**
 * Earnings are given as they are written here, so they may not be finer than the currency is.
 * @throws AgentctlError CAMPAIGN_INVALID
 */
export function checkReward(reward: Reward, currency: string, place: string): void {
  const digits = digitsOf(currency)
  const [field, amount] = reward.type === 'fixed' ? ['amount', reward.amount] : ['most', reward.most]
  if (amount === undefined || Big(amount).round(digits).eq(amount)) return
  throw campaignsError(
    'CAMPAIGN_INVALID',
    `${place}.${field}: ${amount} has more than the ${digits} digits after the point that ${currency} has`,
    { field: `${place}.${field}` },
  )
}

/** @throws AgentctlError RULE_INVALID, RULE_TOO_LARGE, with the place in the body */
export function checkConditions(conditions: unknown, place: string): void {
  try {
    compileCondition(conditions)
  } catch (error) {
    throw placed(error, place)
  }
}

function placed(error: unknown, place: string): unknown {
  const { code, message, field, fix } = error as AgentctlError
  if (!(typeof code === 'string' && code in rulesErrors)) return error
  const at =
    field === undefined || field === '' ? place : `${place}${field.startsWith('[') ? '' : '.'}${field}`
  return rulesError(code as keyof typeof rulesErrors, `${at}: ${message}`, { field: at, fix, cause: error })
}

/** Who wrote a description: whoever sends one, unless that is said. */
export function descriptionSourceOf(given: {
  description?: string | null | undefined
  description_source?: 'user' | 'llm' | 'template' | null | undefined
}): string | null {
  if (given.description === null || given.description === undefined) return null
  return given.description_source ?? 'user'
}
