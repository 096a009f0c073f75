import type { CampaignsClient } from '../campaigns/index.ts'
import { AgentctlError, type Logger, messageOf } from '../kernel/index.ts'
import { type LlmClient, llmError } from '../llm/index.ts'
import type { Clock } from '../resilience/index.ts'
import { cleanDescription, promptFor } from './description.ts'
import type { CampaignReport, CampaignRun } from './messages.ts'
import { describeByTemplate } from './template.ts'

export interface CampaignRunOptions {
  /** The same id is the same campaign, however often it is run. */
  runId: string
  signal?: AbortSignal | undefined
  /** When it must be over, in milliseconds since 1970. */
  deadline?: number | undefined
}

/** Makes a campaign with a description that a language model has written, or with one from a template. */
export interface CampaignAgent {
  /** @throws AgentctlError what the campaigns service refuses, CAMPAIGNS_UNREACHABLE and the like; the reason of `signal` */
  run(run: CampaignRun, options: CampaignRunOptions): Promise<CampaignReport>
}

export interface CampaignAgentOptions {
  campaigns: Pick<CampaignsClient, 'createCampaign'>
  /** Without one the template is taken. */
  llm: Pick<LlmClient, 'generate'> | undefined
  clock: Clock
  /** Milliseconds that the language model may take. */
  patience?: number
  log: Logger
  /** Milliseconds since 1970. */
  now?: () => number
}

export const DESCRIPTION_PATIENCE = 20_000
const MAX_TOKENS = 400
/** Milliseconds of the time that are kept for making the campaign. */
const CREATION = 5_000

interface Description {
  text: string
  source: CampaignReport['description_source']
  fallback: CampaignReport['fallback']
}

export function createCampaignAgent(options: CampaignAgentOptions): CampaignAgent {
  const { campaigns, llm, clock, patience = DESCRIPTION_PATIENCE, log, now = Date.now } = options

  async function write(
    run: CampaignRun,
    { signal, deadline = Infinity }: CampaignRunOptions,
  ): Promise<string> {
    if (!llm) throw llmError('LLM_UNREACHABLE', 'no LLM service is known')
    const request = {
      ...promptFor(run),
      max_tokens: MAX_TOKENS,
      ...(run.provider === undefined ? {} : { provider: run.provider }),
      ...(run.model === undefined ? {} : { model: run.model }),
    }
    const until = Math.min(now() + patience, deadline - CREATION)
    const { text } = await llm.generate(request, { signal, deadline: until })
    const clean = cleanDescription(text)
    if (clean === undefined) throw llmError('LLM_UPSTREAM_FAILED', 'the language model answered with no text')
    return clean
  }

  async function describe(run: CampaignRun, running: CampaignRunOptions): Promise<Description> {
    const own = run.campaign.description
    if (own !== null && own.trim() !== '') return { text: own, source: 'user', fallback: null }
    try {
      return { text: await write(run, running), source: 'llm', fallback: null }
    } catch (error) {
      if (running.signal?.aborted) throw running.signal.reason
      const code = error instanceof AgentctlError ? error.code : 'LLM_UPSTREAM_FAILED'
      const fallback = { code, detail: messageOf(error) }
      log.warn(
        { run: running.runId, ...fallback },
        'no description by a language model: the template is taken',
      )
      return { text: describeByTemplate(run.campaign), source: 'template', fallback }
    }
  }

  return {
    async run(run, running) {
      const { runId, signal, deadline } = running
      const from = clock.now()
      const { text, source, fallback } = await describe(run, running)
      const campaign = await campaigns.createCampaign(
        { ...run.campaign, description: text, description_source: source },
        { key: runId, signal, deadline },
      )
      // A repeat is answered with the campaign of the first run, which may have got another description.
      const stored = campaign.description_source ?? source
      return {
        run_id: runId,
        campaign_id: campaign.campaign_id,
        name: campaign.name,
        description: campaign.description ?? text,
        description_source: stored,
        fallback: stored === source ? fallback : null,
        duration_ms: Math.round(clock.now() - from),
      }
    },
  }
}
