import { z } from 'zod'
import { newCampaign } from '../campaigns/index.ts'

const runId = z.string().regex(/^[\w.:-]{1,80}$/, 'may have up to 80 letters, digits and . _ : -')
/** Failures that a report tells one by one; all are counted. */
export const MAX_FAILURES = 1_000
export const MAX_EVENTS = 100_000

/** Body of `POST /agents/event/run`, and data of the bus event `agent.event.run`. */
export const eventRun = z.strictObject({
  /** A repeat under the same id registers nothing twice: events without an id of their own get one from it. */
  run_id: runId.optional(),
  events: z.array(z.unknown()).min(1).max(MAX_EVENTS),
})
export type EventRun = z.output<typeof eventRun>

export const failure = z.object({
  /** In the order of the events, from 0. */
  index: z.number().int(),
  event_id: z.string().nullable(),
  code: z.string(),
  detail: z.string(),
  field: z.string().optional(),
  /** Whether running again may help. */
  retryable: z.boolean(),
})
export type Failure = z.output<typeof failure>

export const eventReport = z.object({
  run_id: z.string(),
  /** Every event was registered, now or before. */
  complete: z.boolean(),
  total: z.number().int(),
  registered: z.number().int(),
  /** Registered already, by an earlier run. */
  known: z.number().int(),
  failed: z.number().int(),
  failures: z.array(failure),
  /** Calls that were made again after a failure that passed. */
  retries: z.number().int(),
  duration_ms: z.number(),
})
export type EventReport = z.output<typeof eventReport>

/** Body of `POST /agents/campaign/run`, and data of the bus event `agent.campaign.run`. */
export const campaignRun = z.strictObject({
  run_id: runId.optional(),
  campaign: newCampaign,
  /** What the description is to be about, besides name and rules. */
  brief: z.string().max(4_000).optional(),
  provider: z.string().max(64).optional(),
  model: z.string().max(128).optional(),
})
export type CampaignRun = z.output<typeof campaignRun>

export const campaignReport = z.object({
  run_id: z.string(),
  campaign_id: z.number().int(),
  name: z.string(),
  description: z.string(),
  description_source: z.enum(['user', 'llm', 'template']),
  /** Why the template was taken. */
  fallback: z.object({ code: z.string(), detail: z.string() }).nullable(),
  duration_ms: z.number(),
})
export type CampaignReport = z.output<typeof campaignReport>
