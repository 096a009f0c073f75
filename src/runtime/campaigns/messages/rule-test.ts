import { z } from 'zod'
import type { Explanation } from '../../rules/index.ts'
import { newEvent } from './event.ts'
import { conditions, reward } from './rule.ts'

/** Events that one call may try. */
export const MAX_TEST_EVENTS = 100

/**
 * Body of `POST /rules/test`. Either a condition of one's own or a rule that exists is tried, or, with neither, every active
 * campaign. Nothing is written.
 */
export const ruleTestBody = z
  .strictObject({
    conditions: conditions.optional(),
    rule_id: z.number().int().positive().optional(),
    /** What a match earns; without it, as the rule says. */
    reward: reward.optional(),
    /** Of the campaign, for a condition of one's own: earnings are rounded to its digits. */
    currency: z
      .string()
      .regex(/^[A-Z]{3}$/, 'must be a currency code such as USD')
      .optional(),
    event: newEvent.optional(),
    events: z.array(newEvent).min(1).max(MAX_TEST_EVENTS).optional(),
  })
  .check(({ value, issues }) => {
    const refuse = (field: string, message: string) =>
      issues.push({ code: 'custom', path: [field], message, input: value })
    if ((value.event === undefined) === (value.events === undefined))
      refuse('event', 'give either `event` or `events`')
    if (value.conditions !== undefined && value.rule_id !== undefined)
      refuse('rule_id', 'give either `conditions` or `rule_id`')
    if (value.reward !== undefined && value.conditions === undefined && value.rule_id === undefined)
      refuse('reward', 'belongs to `conditions` or `rule_id`')
    if (value.currency !== undefined && value.conditions === undefined)
      refuse('currency', 'belongs to `conditions`')
  })
export type RuleTestBody = z.output<typeof ruleTestBody>

/** See `Explanation` of the rules room. */
export const explanation: z.ZodType<Explanation, Explanation> = z.object({
  matched: z.boolean(),
  at: z.string(),
  operator: z.string(),
  field: z.string().optional(),
  expected: z.unknown().optional(),
  found: z.array(z.unknown()).optional(),
  get parts() {
    return z.array(explanation).optional()
  },
}) as unknown as z.ZodType<Explanation, Explanation>

const trial = {
  matched: z.boolean(),
  /** What it would earn, whatever budgets and dates say; null when it does not match. */
  earns: z.string().nullable(),
  /** Missing when it takes more steps than a rule may; `error` says so. */
  explanation: explanation.optional(),
  error: z.object({ code: z.string(), detail: z.string() }).optional(),
}

/** One rule and one event. */
export const ruleTrial = z.object({
  index: z.number().int(),
  event_id: z.string().nullable(),
  currency: z.string(),
  ...trial,
})
export type RuleTrial = z.output<typeof ruleTrial>

/** One campaign and one event: what it would give, and which of its rules would give it. */
export const campaignTrial = z.object({
  campaign_id: z.number().int(),
  name: z.string(),
  matching: z.enum(['first_match', 'stackable']),
  currency: z.string(),
  /** Whether the event counts for the campaign at all. */
  applies: z.boolean(),
  why_not: z.string().nullable(),
  /** By rule, in the order in which they are asked. `paid`: it would earn, budgets and all. */
  rules: z.array(
    z.object({
      rule_id: z.number().int(),
      name: z.string().nullable(),
      priority: z.number().int(),
      paid: z.boolean(),
      ...trial,
    }),
  ),
  /** What the event would earn in this campaign as things are now. */
  earns: z.string(),
  /** A rule matched, and the budget of the campaign or of the user does not suffice. */
  budget_exhausted: z.boolean(),
})
export type CampaignTrial = z.output<typeof campaignTrial>

export const ruleTest = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('rule'), rule_id: z.number().int().nullable(), results: z.array(ruleTrial) }),
  z.object({
    kind: z.literal('campaigns'),
    results: z.array(
      z.object({
        index: z.number().int(),
        event_id: z.string().nullable(),
        /** As which the event would end. */
        status: z.enum(['processed', 'skipped']),
        reason: z.enum(['no_match', 'budget_exhausted']).nullable(),
        matched_rule_id: z.number().int().nullable(),
        campaigns: z.array(campaignTrial),
      }),
    ),
  }),
])
export type RuleTest = z.output<typeof ruleTest>
