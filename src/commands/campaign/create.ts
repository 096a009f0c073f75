import { Args, Flags } from '@oclif/core'
import { BaseCommand } from '../../cli/base-command.ts'
import {
  campaignsClient,
  keyFlag,
  ruleFlags,
  statusFlag,
  termFlags,
} from '../../cli/campaigns/campaign-flags.ts'
import { flagsOf } from '../../cli/flags.ts'
import { llmClient } from '../../cli/llm/llm-flags.ts'

export default class CampaignCreate extends BaseCommand {
  static override summary = 'Make a campaign, with rules and a description'
  static override description =
    'A file with rules holds one rule, {"conditions": …, "reward": …, "priority": …}, a list of them, or an object with `rules`. ' +
    'A description can be written by the LLM service; when that is away, a template is taken, and that is said.'
  static override examples = [
    `<%= config.bin %> campaign create "Spring Sale" --where '{"merchant_id":"MERCHANT_001"}' --reward 5%`,
    '<%= config.bin %> campaign create "Gold members" --rule gold.json --budget 1000 --budget-per-user 50 --currency EUR',
    '<%= config.bin %> campaign create "Summer" --rule summer.json --starts 2026-06-01 --ends 2026-09-01 --describe-with-ai --brief "for families"',
  ]
  static override args = { name: Args.string({ description: 'Name of the campaign', required: true }) }
  static override flags = {
    ...flagsOf(campaignsClient),
    ...flagsOf(llmClient.pick({ llmUrl: true, llmApiKey: true })),
    description: Flags.string({ description: 'What it is about', exclusive: ['describe-with-ai'] }),
    'describe-with-ai': Flags.boolean({ description: 'Let the LLM service write the description' }),
    brief: Flags.string({
      description: 'What the description is to be about, beside name and rules',
      dependsOn: ['describe-with-ai'],
    }),
    provider: Flags.string({ description: 'Provider to ask', dependsOn: ['describe-with-ai'] }),
    model: Flags.string({ description: 'Model of that provider', dependsOn: ['describe-with-ai'] }),
    rule: Flags.string({
      description: 'File with rules, or - for stdin; several may be given',
      multiple: true,
      multipleNonGreedy: true,
      helpValue: '<file>',
    }),
    ...ruleFlags,
    ...termFlags,
    currency: Flags.string({ description: 'Currency of its amounts [default: USD]', helpValue: '<code>' }),
    status: statusFlag('Whether it counts from now on [default: active]'),
    key: keyFlag,
  }

  override async run(): Promise<unknown> {
    const { args, flags } = await this.parse(CampaignCreate)
    const { createCampaign } = await import('../../cli/campaigns/create-campaign.ts')
    const { interrupted } = await import('../../cli/interrupted.ts')
    const created = await createCampaign(args.name, flags, interrupted(), (text) => this.say(text))
    if (!this.jsonEnabled()) {
      const { campaignText } = await import('../../cli/campaigns/campaign-text.ts')
      this.log(campaignText(created))
    }
    return created
  }
}
