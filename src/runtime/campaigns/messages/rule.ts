import { z } from 'zod'
import { positiveAmount } from './amounts.ts'
import { id } from './fields.ts'
import { text } from './text.ts'

/** Ten times the amount: more is a mistake. */
const MAX_PERCENT = 1_000

/** What an event earns by a rule: a fixed amount, or a share of the event's own amount. */
export const reward = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('fixed'), amount: positiveAmount }),
  z.strictObject({
    type: z.literal('percent'),
    /** 5 is 5 %. */
    percent: positiveAmount.refine((text) => Number(text) <= MAX_PERCENT, `must be at most ${MAX_PERCENT}`),
    /** No more than this. */
    most: positiveAmount.optional(),
  }),
])
export type Reward = z.output<typeof reward>

/** The same as it is given back. */
export const storedReward = z.discriminatedUnion('type', [
  z.object({ type: z.literal('fixed'), amount: z.string() }),
  z.object({ type: z.literal('percent'), percent: z.string(), most: z.string().optional() }),
])

/** A condition as it was written; the rules room says what is wrong with it. */
export const conditions = z.record(z.string(), z.unknown())

export const newRule = z.strictObject({
  name: text(256).optional(),
  conditions,
  /** The higher, the earlier; of equal ones the older first. */
  priority: z.number().int().min(-1_000_000).max(1_000_000).default(0),
  /** Without one, a match is noted with an earning of 0. */
  reward: reward.default({ type: 'fixed', amount: '0' }),
  active: z.boolean().default(true),
})
export type NewRule = z.output<typeof newRule>

export const rule = z.object({
  rule_id: id,
  campaign_id: id,
  name: z.string().nullable(),
  conditions,
  priority: z.number().int(),
  reward: storedReward,
  active: z.boolean(),
  created_at: z.string(),
  updated_at: z.string(),
})
export type Rule = z.output<typeof rule>

export const ruleChange = z
  .strictObject({
    name: text(256).nullable(),
    conditions,
    priority: z.number().int().min(-1_000_000).max(1_000_000),
    reward,
    active: z.boolean(),
  })
  .partial()
  .refine((change) => Object.keys(change).length > 0, 'names nothing to change')
export type RuleChange = z.output<typeof ruleChange>
