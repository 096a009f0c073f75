import { z } from 'zod'
import { duration } from '../kernel/index.ts'

export const typePath = z.strictObject({ type: z.string() })

export const publishQuery = z.strictObject({ version: z.string().min(1).optional() })

/** Longest time one HTTP request may wait for its reply. */
const LONGEST_REQUEST = 600_000

export const requestQuery = publishQuery.extend({
  timeout: duration('1ms')
    .prefault('30s')
    .refine((ms) => ms <= LONGEST_REQUEST, 'may be at most 10m'),
})

export const historyQuery = z.strictObject({
  from: z.string().min(1).optional(),
  to: z.string().min(1).optional(),
  limit: z.coerce.number().int().min(1).max(1_000).default(100),
  order: z.enum(['asc', 'desc']).default('asc'),
})

export const liveQuery = z.strictObject({
  from: z.string().min(1).optional(),
  last_event_id: z.string().optional(),
})

export const publishHeaders = z.looseObject({
  'idempotency-key': z.string().optional(),
  traceparent: z.string().optional(),
})

export const liveHeaders = z.looseObject({ 'last-event-id': z.string().optional() })

export const receipt = z.object({
  event_id: z.string(),
  event_type: z.string(),
  /** Entry id in the stream. */
  id: z.string(),
  duplicate: z.boolean(),
})

export interface PublishCall {
  query: z.output<typeof publishQuery>
  headers: z.output<typeof publishHeaders>
}

/** What an HTTP request says about the event in its body. */
export function publishOptionsOf({ query, headers }: PublishCall) {
  const { 'idempotency-key': eventId } = headers
  return {
    ...(query.version === undefined ? {} : { version: query.version }),
    ...(eventId === undefined ? {} : { eventId }),
  }
}
