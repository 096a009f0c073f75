import { z } from 'zod'
import { text } from './text.ts'

/** Digits before and after the point that an amount may have. */
const AMOUNT = /^-?\d{1,14}(\.\d{1,4})?$/

/**
 * An amount of money: a number or a decimal string, kept as a decimal string without an exponent. Numbers lose nothing as
 * long as they have no more digits than a double holds.
 */
export const amount = z
  .union([z.number(), z.string()], { error: 'must be a number, or a decimal string such as "150.00"' })
  .transform((value) => (typeof value === 'number' ? plainDecimal(value) : value.trim()))
  .refine(
    (text) => AMOUNT.test(text),
    'must be a decimal with at most 14 digits before and 4 after the point',
  )

/** An amount that is not below zero. */
export const positiveAmount = amount.refine((text) => !text.startsWith('-'), 'must not be negative')

/** As it would be written down: 1e21 and 1e-7 are no amounts, and are told apart by the pattern. */
function plainDecimal(value: number): string {
  return Object.is(value, -0) ? '0' : String(value)
}

/** A time in any offset, kept in UTC to the millisecond. */
const when = z.iso
  .datetime({ offset: true, error: 'must be a time such as 2026-03-01T00:00:00Z' })
  .transform((text) => toUtc(text))
  .refine((text) => /^(?!0000)\d{4}-/.test(text), 'must be of the years 1 to 9999')

function toUtc(text: string): string {
  const date = new Date(text)
  return Number.isNaN(date.getTime()) ? '' : date.toISOString()
}

const currency = z.string().regex(/^[A-Z]{3}$/, 'must be a currency code such as USD')
const name = text(256).refine((value) => value.trim() !== '', 'must not be empty')
const id = z.number().int().positive()

export const campaignStatus = z.enum(['draft', 'active', 'paused', 'ended'])
export const eventStatus = z.enum(['pending', 'processed', 'skipped', 'failed'])
export type EventStatus = z.output<typeof eventStatus>

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

/** Characters of an event's `data` as JSON, and its levels. */
export const MAX_DATA = 64 * 1024
export const MAX_DATA_DEPTH = 32
export const MAX_BATCH = 1_000

/** A transaction, as it is registered. Rules see these fields under these names, and all of `data` below `data.`. */
export const newEvent = z.strictObject({
  /** Makes a repeat harmless. Made up where it is missing. */
  event_id: z
    .string()
    .regex(
      /^(?!\.{1,2}$)[\w.:@/-]{1,128}$/,
      'may have up to 128 letters, digits and . _ : @ / -, and not be . or ..',
    )
    .optional(),
  user_id: text(256).min(1).nullish(),
  merchant_id: text(256).min(1).nullish(),
  amount: amount.nullish(),
  currency: currency.nullish(),
  /** When it happened, which decides what campaigns it is for; now where that is not said. */
  occurred_at: when.nullish(),
  data: z.record(z.string(), z.unknown()).default({}),
})
export type NewEvent = z.output<typeof newEvent>
/** As it may be given. */
export type EventInput = z.input<typeof newEvent>

export const registered = z.object({ event_id: z.string(), status: eventStatus })

/** What became of one event of a batch. `known`: the same one was registered before. */
export const batchResult = z.object({
  index: z.number().int(),
  event_id: z.string().nullable(),
  outcome: z.enum(['registered', 'known', 'invalid', 'conflict']),
  error: z.object({ code: z.string(), detail: z.string(), field: z.string().optional() }).optional(),
})
export type BatchResult = z.output<typeof batchResult>

/** The events are checked one by one: a wrong one keeps no other from being registered. */
export const newBatch = z.strictObject({ events: z.array(z.unknown()).min(1).max(MAX_BATCH) })
/** The same as clients are to understand it. */
export const batchOfEvents = z.strictObject({ events: z.array(newEvent).min(1).max(MAX_BATCH) })
export const batch = z.object({
  registered: z.number().int(),
  known: z.number().int(),
  failed: z.number().int(),
  results: z.array(batchResult),
})
export type Batch = z.output<typeof batch>

export const earning = z.object({
  earning_id: id,
  event_id: z.string(),
  rule_id: id,
  campaign_id: id,
  user_id: z.string().nullable(),
  /** Below zero for a reversal. */
  amount: z.string(),
  currency: z.string(),
  kind: z.enum(['earned', 'reversal']),
  /** Of a reversal: the earning that it takes back. */
  reverses: id.nullable(),
  reason: z.string().nullable(),
  created_at: z.string(),
})
export type Earning = z.output<typeof earning>

/** Body of `POST /earnings/{earning_id}/reverse`. */
export const reversalBody = z.strictObject({
  reason: text(1_000).refine((value) => value.trim() !== '', 'must say why'),
})

/** The newest first; `total` is of all that the question is about, by currency, not of this page. */
export const earningList = z.object({
  earnings: z.array(earning),
  total: z.record(z.string(), z.string()),
  next: z.string().optional(),
})

/** Why an event was skipped, or has failed. */
export const eventReason = z.enum(['no_match', 'budget_exhausted', 'error'])

export const event = z.object({
  event_id: z.string(),
  user_id: z.string().nullable(),
  merchant_id: z.string().nullable(),
  amount: z.string().nullable(),
  currency: z.string().nullable(),
  occurred_at: z.string(),
  data: z.record(z.string(), z.unknown()),
  status: eventStatus,
  /** The rule of its first earning. */
  matched_rule_id: id.nullable(),
  reason: eventReason.nullable(),
  detail: z.string().nullable(),
  attempts: z.number().int(),
  registered_at: z.string(),
  processed_at: z.string().nullable(),
  earnings: z.array(earning),
})
export type CampaignEvent = z.output<typeof event>
