import { z } from 'zod'
import { amount } from './amounts.ts'
import { earning } from './earning.ts'
import { currency, id, when } from './fields.ts'
import { text } from './text.ts'

export const eventStatus = z.enum(['pending', 'processed', 'skipped', 'failed'])
export type EventStatus = z.output<typeof eventStatus>

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
