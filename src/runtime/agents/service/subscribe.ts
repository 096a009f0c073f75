import { createHash } from 'node:crypto'
import type { z } from 'zod'
import type { BusEvent, EventBus, EventHandler } from '../../bus/index.ts'
import { AgentctlError, FatalError, RetryableError } from '../../kernel/index.ts'
import { agentsError } from '../errors.ts'
import { campaignRun, eventRun } from '../messages.ts'
import type { Runner } from './runner.ts'

export const EVENT_RUN = 'agent.event.run'
export const CAMPAIGN_RUN = 'agent.campaign.run'

/** Runs of one kind at once. */
const CONCURRENCY = 4
/** Characters that the id of a run may have. */
const LONGEST_ID = 80

/** Runs the agents for the events of their types; whoever has made a request is answered with the report. */
export function subscribeAgents(bus: EventBus, runner: Runner): void {
  const events: EventHandler = async (data, { event, signal }) => {
    const run = parse(eventRun, data)
    const report = await runner.events(run, { runId: run.run_id ?? runIdOf(event), signal })
    const passing = report.failures.find(({ retryable }) => retryable)
    if (!passing) return report
    // The next delivery finds those registered that are, and does the rest.
    const what = `${report.failed} of ${report.total} events were not registered`
    throw new RetryableError(`${what}: ${passing.code}: ${passing.detail}`)
  }

  const campaigns: EventHandler = async (data, { event, signal }) => {
    const run = parse(campaignRun, data)
    const options = { runId: run.run_id ?? runIdOf(event), signal, deadline: event.deadline }
    try {
      return await runner.campaign(run, options)
    } catch (error) {
      throw signal.aborted ? error : asBusError(error)
    }
  }

  bus.subscribe(EVENT_RUN, events, { concurrency: CONCURRENCY })
  bus.subscribe(CAMPAIGN_RUN, campaigns, { concurrency: CONCURRENCY })
}

/** @throws FatalError naming the field */
function parse<S extends z.ZodType>(schema: S, data: unknown): z.output<S> {
  const parsed = schema.safeParse(data)
  if (parsed.success) return parsed.data
  const { path = [], message = 'invalid' } = parsed.error.issues[0] ?? {}
  const field = path.length === 0 ? 'data' : path.join('.')
  const error = agentsError('AGENT_RUN_INVALID', `${field}: ${message}`, { field })
  throw new FatalError(`${error.code}: ${error.message}`, { cause: error })
}

/** The same for each delivery of the event. */
function runIdOf({ eventId }: BusEvent): string {
  if (eventId.length <= LONGEST_ID) return eventId
  return createHash('sha256').update(eventId).digest('hex')
}

function asBusError(error: unknown): unknown {
  if (!(error instanceof AgentctlError)) return error
  const message = `${error.code}: ${error.message}`
  const passes = error.retryable || error.kind === 'timeout'
  if (!passes) return new FatalError(message, { cause: error })
  const delay = error.retryAfter === undefined ? {} : { delay: error.retryAfter }
  return new RetryableError(message, { cause: error, ...delay })
}
