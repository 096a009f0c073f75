import { z } from 'zod'
import { id } from './fields.ts'
import { text } from './text.ts'

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
