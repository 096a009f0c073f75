import type { Reward } from '../../src/runtime/campaigns/index.ts'
import type { ScenarioCampaign, ScenarioEvent } from './campaign-scenario.ts'

/** What decides alone what a campaign with these ids would give: slowly, in whole numbers, by another way than the product. */
export interface PlacedCampaign extends ScenarioCampaign {
  campaign_id: number
  /** In the order of `rules`. */
  rule_ids: number[]
}

/** A rule that matches, and what it would give in ten-thousandths of the currency. */
export interface Claim {
  campaign_id: number
  rule_id: number
  units: bigint
}

/** Digits behind the point. */
const DIGITS: Readonly<Record<string, number>> = { USD: 2, EUR: 2, JPY: 0, KWD: 3 }

/** Ten-thousandths of a decimal. */
export function units(text: string | number): bigint {
  const [, sign, whole = '0', part = ''] = /^(-?)(\d+)(?:\.(\d{1,20}))?$/.exec(String(text)) ?? []
  if (sign === undefined || /[^0]/.test(part.slice(4))) throw new Error(`no amount: ${text}`)
  const size = BigInt(whole) * 10_000n + BigInt(part.slice(0, 4).padEnd(4, '0'))
  return sign === '-' ? -size : size
}

export function rewardOf(reward: Reward, amount: string | number | undefined, currency: string): bigint {
  if (reward.type === 'fixed') return units(reward.amount)
  const base = amount === undefined ? 0n : units(amount)
  if (base <= 0n) return 0n
  // amount × percent is in units of 10⁻⁸ percent, which are 10⁻¹⁰ of the currency.
  const step = 10n ** BigInt(10 - (DIGITS[currency] as number))
  const exact = base * units(reward.percent)
  const [below, rest] = [exact / step, exact % step]
  const up = rest * 2n > step || (rest * 2n === step && below % 2n === 1n)
  const rounded = ((up ? below + 1n : below) * step) / 1_000_000n
  const most = reward.most === undefined ? undefined : units(reward.most)
  return most !== undefined && most < rounded ? most : rounded
}

/** Campaigns that an event is for. */
function counts(campaign: ScenarioCampaign, event: ScenarioEvent): boolean {
  const at = Date.parse(event.occurred_at)
  if (campaign.status !== 'active') return false
  if (campaign.starts_at !== null && at < Date.parse(campaign.starts_at)) return false
  if (campaign.ends_at !== null && at >= Date.parse(campaign.ends_at)) return false
  return event.currency === undefined || event.currency === campaign.currency
}

/** Each rule of a campaign that matches, in the order in which they have their turn. */
export function claimsOf(campaign: PlacedCampaign, event: ScenarioEvent): Claim[] {
  if (!counts(campaign, event)) return []
  return campaign.rules
    .map((rule, i) => ({ ...rule, rule_id: campaign.rule_ids[i] as number }))
    .filter(({ active, matches }) => active && matches(event))
    .sort((a, b) => b.priority - a.priority || a.rule_id - b.rule_id)
    .map(({ rule_id, reward }) => ({
      campaign_id: campaign.campaign_id,
      rule_id,
      units: rewardOf(reward, event.amount, campaign.currency),
    }))
}

export const isLimited = ({ budget, budget_per_user }: ScenarioCampaign) =>
  budget !== null || budget_per_user !== null
