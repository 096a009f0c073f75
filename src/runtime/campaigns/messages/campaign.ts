import { z } from 'zod'
import { positiveAmount } from './amounts.ts'
import { currency, id, name, when } from './fields.ts'
import { newRule, rule } from './rule.ts'
import { text } from './text.ts'

export const campaignStatus = z.enum(['draft', 'active', 'paused', 'ended'])

const campaignFields = {
  name,
  description: text(10_000).nullable(),
  /** Who wrote the description. */
  description_source: z.enum(['user', 'llm', 'template']).nullable(),
  status: campaignStatus,
  starts_at: when.nullable(),
  ends_at: when.nullable(),
  /** Whether an event earns by the first rule that matches, or by every one. */
  matching: z.enum(['first_match', 'stackable']),
  currency,
  /** The most that all earnings together may come to. */
  budget: positiveAmount.nullable(),
  /** The most that the earnings of one user may come to. */
  budget_per_user: positiveAmount.nullable(),
}

export const newCampaign = z.strictObject({
  name,
  description: campaignFields.description.default(null),
  description_source: campaignFields.description_source.optional(),
  status: campaignStatus.default('active'),
  starts_at: campaignFields.starts_at.default(null),
  ends_at: campaignFields.ends_at.default(null),
  matching: campaignFields.matching.default('first_match'),
  currency: currency.default('USD'),
  budget: campaignFields.budget.default(null),
  budget_per_user: campaignFields.budget_per_user.default(null),
  rules: z.array(newRule).max(200).default([]),
})
export type NewCampaign = z.output<typeof newCampaign>

/** What may be changed later. The currency may not: earnings are in it. */
export const campaignChange = z
  .strictObject(campaignFields)
  .omit({ currency: true, description_source: true })
  .partial()
  .refine((change) => Object.keys(change).length > 0, 'names nothing to change')
export type CampaignChange = z.output<typeof campaignChange>

export const campaignEntry = z.object({
  campaign_id: id,
  ...campaignFields,
  starts_at: z.string().nullable(),
  ends_at: z.string().nullable(),
  budget: z.string().nullable(),
  budget_per_user: z.string().nullable(),
  /** What all earnings come to, reversals taken off. */
  spent: z.string(),
  created_at: z.string(),
  updated_at: z.string(),
})
export type CampaignEntry = z.output<typeof campaignEntry>

export const campaign = campaignEntry.extend({ rules: z.array(rule) })
export type Campaign = z.output<typeof campaign>

/** The newest first; `next` is the `after` of the next page. */
export const campaignList = z.object({ campaigns: z.array(campaignEntry), next: z.string().optional() })
