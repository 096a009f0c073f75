import { randomUUID } from 'node:crypto'
import { type HttpApp, problemResponses } from '../../platform/http/index.ts'
import { agentsError } from '../errors.ts'
import { campaignReport, campaignRun, eventReport, eventRun } from '../messages.ts'
import { type Runner, whyNothing } from './runner.ts'
import type { Runs } from './runs.ts'

export interface AgentRoutesOptions {
  runner: Runner
  runs: Runs
}

const tags = ['agents']

/** POST /agents/event/run and POST /agents/campaign/run. */
export function addAgentRoutes(app: HttpApp, { runner, runs }: AgentRoutesOptions): void {
  app.post(
    '/agents/event/run',
    {
      schema: {
        operationId: 'runEventAgent',
        tags,
        summary: 'Register events with the campaigns service',
        description:
          'Answers when all were tried, with what became of them. The same `run_id` with the same events registers nothing twice: it resumes a run that was cut short. A client that leaves ends the run. 503 when the service is away and nothing was registered.',
        body: eventRun,
        response: { 200: eventReport, ...problemResponses(400, 413, 415, 503) },
      },
    },
    async ({ body }, reply) => {
      const runId = body.run_id ?? randomUUID()
      const report = await runs.of(reply.raw, (signal) => runner.events(body, { runId, signal }))
      const why = whyNothing(report)
      if (why !== undefined)
        throw agentsError('AGENT_RUN_STOPPED', `run ${runId} has registered nothing: ${why}`)
      return report
    },
  )

  app.post(
    '/agents/campaign/run',
    {
      schema: {
        operationId: 'runCampaignAgent',
        tags,
        summary: 'Make a campaign with a description by a language model',
        description:
          'A description that is given is kept. When no language model answers in time, a template is taken, and `fallback` says why. The same `run_id` makes no second campaign.',
        body: campaignRun,
        response: { 200: campaignReport, ...problemResponses(400, 409, 413, 415, 422, 503) },
      },
    },
    async ({ body }, reply) => {
      const runId = body.run_id ?? randomUUID()
      return runs.of(reply.raw, (signal) => runner.campaign(body, { runId, signal }))
    },
  )
}
