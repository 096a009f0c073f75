import { z } from 'zod'

/** What is loaded with. */
export const scenarioNames = ['query', 'chat', 'eval', 'events', 'url'] as const
export type ScenarioName = (typeof scenarioNames)[number]

const ms = z.number().min(0)

/** Who waits for whom: a fixed number of clients, each sending its next request when the last one has ended. */
const closedLoad = z.object({
  kind: z.literal('closed'),
  concurrency: z.number().int().min(1).max(100_000),
  /** Null: as many as there is time for. One of the two is always set. */
  requests: z.number().int().min(1).nullable(),
  duration: ms.nullable(),
})

/** Requests are sent when they are due, whether earlier ones have ended or not. */
const openLoad = z.object({
  kind: z.literal('open'),
  /** Per second. */
  rate: z.number().positive().max(1_000_000),
  arrivals: z.enum(['constant', 'poisson']),
  duration: ms,
  /** Milliseconds in which the rate rises from nothing to its full height, at the beginning of `duration`. */
  ramp: ms,
  /** At most so many under way; what is due meanwhile waits, and its latency counts from when it was due. Null: no limit. */
  concurrency: z.number().int().min(1).max(100_000).nullable(),
})

/** All that decides what a run does. It is kept with its result, and two results compare only when it is the same. */
export const loadPlan = z.object({
  scenario: z.enum(scenarioNames),
  /** Base URL, without credentials. */
  target: z.string(),
  /** Of the scenario, such as the text of a query. */
  options: z.record(z.string(), z.unknown()),
  load: z.discriminatedUnion('kind', [closedLoad, openLoad]),
  /** Milliseconds before measuring begins, at the same load. */
  warmup: ms,
  /** Milliseconds an operation may take from when it was due; 0 = no limit. */
  timeout: ms,
  seed: z.number().int().min(0),
  /** That generate load. */
  threads: z.number().int().min(1).max(64),
})

export type LoadPlan = z.output<typeof loadPlan>
export type ClosedLoad = z.output<typeof closedLoad>
export type OpenLoad = z.output<typeof openLoad>
