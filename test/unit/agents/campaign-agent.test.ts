import { describe, expect, it } from 'vitest'
import { type CampaignAgentOptions, createCampaignAgent } from '../../../src/runtime/agents/campaign-agent.ts'
import { type CampaignRun, campaignRun } from '../../../src/runtime/agents/messages.ts'
import { campaignsError } from '../../../src/runtime/campaigns/errors.ts'
import type { Campaign, CampaignInput, Creation } from '../../../src/runtime/campaigns/index.ts'
import { llmError } from '../../../src/runtime/llm/errors.ts'
import { monotonicClock } from '../../../src/runtime/resilience/index.ts'
import { silent } from '../../support/redis.ts'

type Generate = NonNullable<CampaignAgentOptions['llm']>['generate']

const says =
  (text: string): Generate =>
  async () =>
    ({ text }) as Awaited<ReturnType<Generate>>

function open(generate: Generate | undefined, options: Partial<CampaignAgentOptions> = {}) {
  const made: { campaign: CampaignInput; call: Creation | undefined }[] = []
  const campaigns: CampaignAgentOptions['campaigns'] = {
    async createCampaign(campaign, call) {
      made.push({ campaign, call })
      return { ...campaign, campaign_id: made.length } as unknown as Campaign
    },
  }
  const llm = generate && { generate }
  const agent = createCampaignAgent({ campaigns, llm, clock: monotonicClock, log: silent, ...options })
  return { agent, made }
}

const run = (campaign: object = {}, more: object = {}): CampaignRun =>
  campaignRun.parse({ campaign: { name: 'Spring', ...campaign }, ...more })

describe('the campaign agent', () => {
  it('makes a campaign with a description by the language model, under the id of the run', async () => {
    const { agent, made } = open(says(' "Save in spring." '))
    expect(await agent.run(run(), { runId: 'r1' })).toMatchObject({
      run_id: 'r1',
      campaign_id: 1,
      name: 'Spring',
      description: 'Save in spring.',
      description_source: 'llm',
      fallback: null,
    })
    expect(made).toMatchObject([
      { campaign: { description: 'Save in spring.', description_source: 'llm' }, call: { key: 'r1' } },
    ])
  })

  it('passes provider and model on, and how long it may take', async () => {
    const asked: Parameters<Generate>[] = []
    const generate: Generate = (...call) => {
      asked.push(call)
      return says('x')(...call)
    }
    const { agent } = open(generate, { now: () => 1_000, patience: 500 })
    await agent.run(run({}, { provider: 'openai', model: 'gpt-4', brief: 'for students' }), { runId: 'r' })
    expect(asked[0]?.[0]).toMatchObject({ provider: 'openai', model: 'gpt-4' })
    expect(asked[0]?.[0].prompt).toContain('for students')
    expect(asked[0]?.[1]?.deadline).toBe(1_500)
    await agent.run(run(), { runId: 'r', deadline: 6_200 })
    expect(asked[1]?.[1]?.deadline).toBe(1_200)
  })

  it('keeps a description that was given, and asks nobody', async () => {
    const { agent, made } = open(() => {
      throw new Error('asked')
    })
    const report = await agent.run(run({ description: 'Mine.' }), { runId: 'r' })
    expect(report).toMatchObject({ description: 'Mine.', description_source: 'user', fallback: null })
    expect(made[0]?.campaign.description_source).toBe('user')
  })

  it.each<[string, Generate | undefined, string]>([
    ['is away', () => Promise.reject(llmError('LLM_UNREACHABLE', 'refused')), 'LLM_UNREACHABLE'],
    ['takes too long', () => Promise.reject(llmError('LLM_TIMEOUT', 'late')), 'LLM_TIMEOUT'],
    ['has no quota left', () => Promise.reject(llmError('LLM_QUOTA_EXCEEDED', '429')), 'LLM_QUOTA_EXCEEDED'],
    ['is unknown', () => Promise.reject(llmError('LLM_PROVIDER_UNKNOWN', 'who?')), 'LLM_PROVIDER_UNKNOWN'],
    ['says nothing', says(' \u0000 '), 'LLM_UPSTREAM_FAILED'],
    ['breaks', () => Promise.reject(new TypeError('oops')), 'LLM_UPSTREAM_FAILED'],
    ['does not exist', undefined, 'LLM_UNREACHABLE'],
  ])('takes the template when the language model %s, and says why', async (_name, generate, code) => {
    const { agent, made } = open(generate)
    const report = await agent.run(run(), { runId: 'r' })
    expect(report).toMatchObject({ description_source: 'template', fallback: { code } })
    expect(report.description).toBe('Spring runs until further notice.')
    expect(made[0]?.campaign.description_source).toBe('template')
  })

  it('fails with the campaigns service, as that says', async () => {
    const error = campaignsError('CAMPAIGNS_UNREACHABLE', 'refused')
    const { agent } = open(says('x'), { campaigns: { createCampaign: () => Promise.reject(error) } })
    await expect(agent.run(run(), { runId: 'r' })).rejects.toBe(error)
  })

  it('makes nothing for somebody who has left', async () => {
    const controller = new AbortController()
    const reason = new Error('left')
    const { agent, made } = open(async () => {
      controller.abort(reason)
      throw reason
    })
    await expect(agent.run(run(), { runId: 'r', signal: controller.signal })).rejects.toBe(reason)
    expect(made).toEqual([])
  })

  it('answers a repeat with what the first run has made', async () => {
    const first = { campaign_id: 7, name: 'Spring', description: 'By a model.', description_source: 'llm' }
    const { agent } = open(undefined, {
      campaigns: { createCampaign: async () => first as unknown as Campaign },
    })
    expect(await agent.run(run(), { runId: 'r' })).toMatchObject({
      campaign_id: 7,
      description: 'By a model.',
      description_source: 'llm',
      fallback: null,
    })
  })
})
