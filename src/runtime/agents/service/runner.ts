import type { Metrics } from '../../platform/metrics/index.ts'
import type { CampaignAgent, CampaignRunOptions } from '../campaign-agent.ts'
import type { EventAgent, EventRunOptions } from '../event-agent.ts'
import type { CampaignReport, CampaignRun, EventReport, EventRun } from '../messages.ts'

/** The agents, counted. */
export interface Runner {
  /** @throws the reason of `signal` */
  events(run: EventRun, options: EventRunOptions): Promise<EventReport>
  /** @throws AgentctlError what the campaigns service refuses; the reason of `signal` */
  campaign(run: CampaignRun, options: CampaignRunOptions): Promise<CampaignReport>
}

export interface RunnerOptions {
  eventAgent: EventAgent
  campaignAgent: CampaignAgent
  metrics: Metrics
}

const SECONDS = [0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300]

export function createRunner({ eventAgent, campaignAgent, metrics }: RunnerOptions): Runner {
  const runs = metrics.counter('agent_runs_total', 'Runs of agents, by how they ended', ['agent', 'outcome'])
  const seconds = metrics.histogram('agent_run_seconds', 'How long runs took', ['agent'], SECONDS)
  const events = metrics.counter('agent_events_total', 'Events of runs, by what became of them', ['outcome'])
  const descriptions = metrics.counter('agent_descriptions_total', 'Descriptions, by who wrote them', [
    'source',
  ])
  const fallbacks = metrics.counter('agent_fallbacks_total', 'Templates taken, by why', ['code'])

  async function counted<T>(
    agent: string,
    work: Promise<T>,
    signal: AbortSignal | undefined,
    outcomeOf: (report: T) => string,
  ): Promise<T> {
    const end = seconds.startTimer({ agent })
    try {
      const report = await work
      runs.inc({ agent, outcome: outcomeOf(report) })
      return report
    } catch (error) {
      runs.inc({ agent, outcome: signal?.aborted ? 'cancelled' : 'failed' })
      throw error
    } finally {
      end()
    }
  }

  return {
    async events(run, options) {
      const ended = await counted(
        'event',
        eventAgent.run(run.events, options),
        options.signal,
        ({ complete }) => (complete ? 'complete' : 'partial'),
      )
      for (const outcome of ['registered', 'known', 'failed'] as const)
        events.inc({ outcome }, ended[outcome])
      return ended
    },
    async campaign(run, options) {
      const made = await counted(
        'campaign',
        campaignAgent.run(run, options),
        options.signal,
        () => 'complete',
      )
      descriptions.inc({ source: made.description_source })
      if (made.fallback) fallbacks.inc({ code: made.fallback.code })
      return made
    },
  }
}

/** Why a run has registered nothing at all, when that may pass. */
export function whyNothing({ registered, known, failures }: EventReport): string | undefined {
  if (registered + known > 0) return undefined
  return failures.find(({ retryable }) => retryable)?.detail
}
