import { createCampaignAgent } from '../../runtime/agents/campaign-agent.ts'
import type { CampaignReport } from '../../runtime/agents/messages.ts'
import { fixedReplicas } from '../../runtime/balancer/index.ts'
import type { Campaign, CampaignsClient, NewCampaign } from '../../runtime/campaigns/index.ts'
import { createLlmClient } from '../../runtime/llm/client/client.ts'
import { createLogger, printable } from '../../runtime/platform/log/index.ts'
import { monotonicClock } from '../../runtime/resilience/index.ts'
import { findService } from '../llm/find-service.ts'
import { createProgress } from '../progress.ts'
import { campaignOf } from './campaign-input.ts'
import { keyOf } from './idempotency-key.ts'
import { ruleOfFlags, rulesOfFiles } from './rule-input.ts'
import { withCampaigns } from './with-campaigns.ts'

export interface CreateFlags extends Record<string, unknown> {
  description?: string | undefined
  'describe-with-ai': boolean
  brief?: string | undefined
  provider?: string | undefined
  model?: string | undefined
  rule?: string[] | undefined
  where?: string | undefined
  reward?: string | undefined
  key?: string | undefined
}

export type Created = Campaign & { fallback?: CampaignReport['fallback'] }

/** Makes a campaign; its description is written by the LLM service where that is asked for. */
export async function createCampaign(
  name: string,
  flags: CreateFlags,
  signal: AbortSignal,
  say: (text: string) => void,
): Promise<Created> {
  const shortcut = ruleOfFlags(flags)
  const rules = [
    ...(await rulesOfFiles(flags.rule ?? [], signal)),
    ...(shortcut === undefined ? [] : [shortcut]),
  ]
  const campaign = campaignOf(name, flags, rules)
  const key = keyOf(flags.key)
  return withCampaigns(flags, signal, async (client) => {
    if (!flags['describe-with-ai']) return client.createCampaign(campaign, { key, signal })
    const report = await describeAndCreate(client, campaign, key, flags, signal, say)
    return { ...(await client.campaign(report.campaign_id, { signal })), fallback: report.fallback }
  })
}

async function describeAndCreate(
  campaigns: CampaignsClient,
  campaign: NewCampaign,
  runId: string,
  flags: CreateFlags,
  signal: AbortSignal,
  say: (text: string) => void,
): Promise<CampaignReport> {
  const log = createLogger({ level: 'silent', bindings: {} })
  const progress = createProgress()
  const { url, apiKey } = await findService(flags)
  const balancer = fixedReplicas([url], { clock: monotonicClock, random: Math.random })
  const llm = createLlmClient({ balancer, log, apiKey })
  try {
    progress.show(`${printable(url)} writes the description …`)
    const agent = createCampaignAgent({ campaigns, llm, clock: monotonicClock, log })
    const { brief, provider, model } = flags
    const report = await agent.run(
      {
        campaign,
        ...(brief === undefined ? {} : { brief }),
        ...(provider === undefined ? {} : { provider }),
        ...(model === undefined ? {} : { model }),
      },
      { runId, signal },
    )
    progress.end()
    if (report.fallback !== null) say(fallbackLine(report.fallback))
    return report
  } finally {
    progress.end()
    await llm.close()
  }
}

function fallbackLine({ code, detail }: NonNullable<CampaignReport['fallback']>): string {
  return printable(`No model wrote the description, a template did: ${detail} (${code})`)
}
